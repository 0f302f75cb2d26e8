using System.CommandLine;
using System.Globalization;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class MatchCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly TextsBinding texts;
    private readonly FramesOption frames;
    private readonly ModelBinding model;
    private readonly OutputBinding output;
    private readonly AttentionBinding attention;

    public MatchCommand(Terminal terminal)
        : base("match", "Tells how well texts fit images: every text beside every image.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.OneOrMore);
        texts = new TextsBinding(this, "--text", "a text to put beside each image");
        frames = new FramesOption(this);
        model = new ModelBinding(this, DemoModel.Retrieval);
        output = new OutputBinding(
            this,
            "text: a line for each pair, with the probability that the text fits and the cosine of the two vectors; json: one array; "
                + "jsonl: one object a line; csv: a table.",
            RecordForm<MatchResult>.Formats,
            MatchForm.Shape);
        attention = new AttentionBinding(this, AttentionMethod.CrossAttention, AttentionMethod.GradCam, AttentionMethod.Rollout);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Does it fit", "blip match photo.jpg --text \"a dog on a beach\""),
        ("Which fits best, the best first", "blip match photo.jpg --text \"a dog\" --text \"a cat\" | sort -r"),
        ("A folder against a file of texts", "blip match photos --texts captions.txt --format jsonl --output matches.jsonl"),
        ("What made it fit, word by word",
            "blip match photo.jpg --text \"a dog on a beach\" --attention-html looking.html --attention-method grad-cam"),
        ("With a real model", "blip match photo.jpg --text \"a dog on a beach\" --model Salesforce/blip-itm-base-coco"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var arguments = parsed.GetRequiredValue(paths);
        var beside = texts.Read(parsed, arguments, terminal);
        if (beside.Count == 0)
            throw new UsageException($"there is no text to put beside the images: give {texts.Name} TEXT or {texts.FileName} FILE.");
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput, archives: true, terminal.PassedOver, frames.Of(parsed));
        var options = new MatchOptions
        {
            Attention = attention.Method(parsed) is not null,
            AttentionMethod = attention.Method(parsed) ?? AttentionMethod.CrossAttention,
            AttentionLayer = attention.Layer(parsed),
        };
        foreach (var idle in attention.WithoutEffect(parsed))
            terminal.Note(idle);
        var bare = InputExpansion.IsOneNamed(arguments, sources);
        using var file = output.Open(parsed);
        sources = file?.Left(sources, image => image.Name, terminal, "images") ?? sources;
        using var maps = attention.Open(parsed);
        return await new PipelineRun(terminal, model, output) { Texts = beside }.RunAsync(
            parsed,
            file,
            () => Matcher.Load(source, model.Options<MatcherOptions>(parsed)),
            matcher => matcher.MatchAllAsync(sources, beside, options, cancellationToken),
            new MatchForm(bare ? null : [.. sources.Select(image => image.Name)]),
            sources.Count,
            "images",
            maps is null ? null : result => maps.Save(result.Source, result.Image!, [.. result.Matches!.Select(Line)]));
    }

    private static WordLine Line(Match match) => new(
        "text", match.Attention, string.Create(
            CultureInfo.InvariantCulture, $"fits with probability {match.MatchProbability:F4}, cosine {match.Cosine:F3}"));
}
