using System.CommandLine;
using Blip.Cli.Output;
using Blip.Runtime.Models;

namespace Blip.Cli.Options;

/// <summary>Whether and how attention is shown: as images, as a page, and by which method.</summary>
internal sealed class AttentionBinding
{
    private static readonly (AttentionMethod Method, string Name, string Note)[] Known =
    [
        (AttentionMethod.CrossAttention, "cross-attention", "Cross-attention, mean of all layers and heads."),
        (AttentionMethod.GradCam, "grad-cam", "Grad-CAM: cross-attention of one layer, times its positive gradient of the match logit."),
        (AttentionMethod.Rollout, "rollout", "Attention rollout through all layers of both towers."),
    ];

    private readonly Option<string?> map = OptionKinds.Text(
        "--attention-map", "Write for each word a PNG of where in the image the model looked, and a contact sheet of all words.", "DIR")
        .Written();

    private readonly Option<string?> html =
        OptionKinds.Text("--attention-html",
            "Write one page, with its images in it, on which a touch of a word shows where the model looked.", "FILE").Written();
    private readonly Option<bool> commonScale = new("--attention-common-scale")
    {
        Description = "Give the colours of all words of an image one scale of weights, so that they can be compared. "
            + "[default: each word its own, from its least to its greatest]",
    };

    private readonly Option<string> method;
    private readonly Option<int?>? layer;

    /// <summary>Adds the options to a command; the first method is the default.</summary>
    public AttentionBinding(Command command, params AttentionMethod[] methods)
    {
        string[] names = [.. methods.Select(wanted => Known.Single(known => known.Method == wanted).Name)];
        method = OptionKinds.Choice("--attention-method", "How these places are found.", names[0], names);
        foreach (var option in (Option[])[map, html, method, commonScale])
            command.Add(option);
        if (!methods.Contains(AttentionMethod.GradCam))
            return;
        layer = OptionKinds.Number<int>(
            "--attention-layer", "With grad-cam: the layer of the text encoder, from 0. [default: the one behind the middle]");
        command.Add(layer);
    }

    /// <summary>The method; null where no attention is shown.</summary>
    public AttentionMethod? Method(ParseResult parsed) => IsWanted(parsed) ? Chosen(parsed).Method : null;

    /// <summary>The layer; null for the method's default.</summary>
    public int? Layer(ParseResult parsed) => layer is null ? null : parsed.GetValue(layer);

    /// <summary>Opens the output, if any.</summary>
    /// <exception cref="UsageException">The folder or page cannot be created.</exception>
    public AttentionOutputs? Open(ParseResult parsed)
    {
        if (!IsWanted(parsed))
            return null;
        var common = parsed.GetValue(commonScale);
        return new AttentionOutputs(
            AttentionMapFolder.Open(parsed.GetValue(map), common),
                AttentionPageFile.Open(html.Name, parsed.GetValue(html), Chosen(parsed).Note, common));
    }

    public IEnumerable<string> WithoutEffect(ParseResult parsed)
    {
        if (!IsWanted(parsed) && parsed.GetResult(method) is { Implicit: false })
            yield return $"{method.Name} changes nothing without {map.Name} or {html.Name}";
        if (!IsWanted(parsed) && parsed.GetValue(commonScale))
            yield return $"{commonScale.Name} changes nothing without {map.Name} or {html.Name}";
        if (layer is not null && parsed.GetValue(layer) is not null && Method(parsed) != AttentionMethod.GradCam)
            yield return $"{layer.Name} changes nothing without {method.Name} grad-cam";
    }

    private bool IsWanted(ParseResult parsed) => parsed.GetValue(map) is not null || parsed.GetValue(html) is not null;

    private (AttentionMethod Method, string Name, string Note) Chosen(ParseResult parsed) =>
        Known.Single(known => known.Name == parsed.GetValue(method));
}
