using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;
using Spectre.Console;

namespace Blip.Cli.Commands;

/// <summary><c>blip info</c>: a model's modules, from its config.</summary>
internal sealed class InfoCommand : Command, IHasExamples
{
    private static readonly string[] GraphFormats = ["text", "mermaid"];
    private readonly Terminal terminal;

    public InfoCommand(Terminal terminal)
        : base("info", "Shows what a model is made of: its modules, and every parameter with its shape. A config.json is enough.")
    {
        this.terminal = terminal;
        var model = new Argument<string>("model") { Description = ModelBinding.Names, HelpName = "MODEL" };
        var format = OptionKinds.Choice("--format", "How to print it; json has the totals and the tensors.", "text", ["text", "json"]);
        var head = OptionKinds.Choice(
            "--head", "Which of BLIP's heads to show; the config's own, unless given.", "config",
                ["config", .. Enum.GetValues<BlipHead>().Select(head => head.Name())]);
        var graph = OptionKinds.Choice(
            "--graph", "Show in place of all that what runs on the device, node by node.", GraphFormats[0], GraphFormats);
        graph.Arity = ArgumentArity.ZeroOrOne;
        Add(model);
        Add(head);
        Add(format);
        Add(graph);
        var download = new ModelDownload(this);
        var cost = new CostBinding(this);
        SetAction(async (parsed, cancellationToken) =>
        {
            var named = Named(parsed.GetRequiredValue(model), parsed.GetRequiredValue(head));
            await download.EnsureAsync(parsed, terminal, named, null, cancellationToken, needsWeights: false);
            var source = ModelBinding.Resolve(terminal, named);
            var shown = Head(source, parsed.GetRequiredValue(head));
            if (parsed.GetResult(graph) is { Implicit: false })
            {
                WriteGraphs(source, shown, parsed.GetValue(graph) == GraphFormats[1] ? GraphPrinter.ToMermaid : GraphPrinter.ToText);
                return;
            }
            if (cost.Wanted(parsed))
            {
                cost.Write(parsed, source, shown, parsed.GetValue(format) == "json", terminal.Output);
                return;
            }
            var manifest = Startup.Step(() => ModelManifest.For(source.Config, shown));
            var caches = Startup.Step(() => CacheState.Of(source));
            if (parsed.GetValue(format) == "json")
                terminal.Output.WriteLine(Json(source, shown, manifest, caches));
            else
                WriteText(manifest, caches);
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A model in a folder; its config.json is enough", "blip info models/blip-image-captioning-base"),
        ("What runs on the device, node by node", "blip info models/blip-image-captioning-base --graph"),
        ("What a batch of captions costs", "blip info synthetic:base --cost --device cuda --precision fp16 --batch-size 32 --num-beams 3"),
        ("The number of parameters", "blip info synthetic:large --format json | jq .parameters"),
    ];

    // The demo is a model for each of three heads.
    private string Named(string model, string head)
    {
        if (model != DemoModel.Name || Path.Exists(model))
            return model;
        var isChosen = BlipHeads.TryParse(head, out var wanted);
        var demo = DemoModel.Of(isChosen ? wanted : BlipHead.Captioning)
            ?? throw new UsageException($"there is no demo of the head '{head}': give --head captioning, retrieval or vqa.");
        if (!isChosen)
            terminal.Note($"the demo {demo.Noun} is shown; --head retrieval and --head vqa show the demos of the other heads");
        return demo.Path;
    }

    // A config without a head is shown as this program uses it.
    private static BlipHead Head(ModelSource source, string name) =>
        BlipHeads.TryParse(name, out var head) ? head : source.Config.Head ?? BlipHead.Captioning;

    private void WriteText(ModelManifest manifest, IReadOnlyList<CacheState> caches)
    {
        terminal.Output.WriteLine(ModulePrinter.Tree(manifest.Root));
        var table = Tables.Create("tensor", "shape", ">parameters");
        foreach (var entry in manifest.Entries)
            table.AddRow(entry.Key.EscapeMarkup(), Shape(entry).EscapeMarkup(), Count(entry).EscapeMarkup());
        terminal.Output.WriteTable(table);
        terminal.Output.Write(ModulePrinter.ParameterTable(manifest.Root));
        foreach (var cache in caches)
            terminal.Output.WriteLine(
                $"Packed weights: {cache.Path}, {cache.Bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes, {cache.Flaw ?? "fits"}");
    }

    private void WriteGraphs(ModelSource source, BlipHead head, Func<ComputeGraph, string> print)
    {
        foreach (var graph in Startup.Step(() => BlipGraphs.For(source.Config, head)).All())
            terminal.Output.WriteLine(print(GraphPasses.Apply(graph, PassSet.All, default)));
    }

    private static string Shape(ManifestEntry entry) => $"[{string.Join(", ", entry.Shape)}]";

    private static string Count(ManifestEntry entry) => entry.Kind switch
    {
        ManifestEntryKind.Parameter => Elements(entry).ToString("N0", CultureInfo.InvariantCulture),
        ManifestEntryKind.Tied => $"= {entry.TiedTo}",
        ManifestEntryKind.Buffer => "no parameter",
        _ => throw new UnreachableException($"There are no words for {entry.Kind}."),
    };

    private static long Elements(ManifestEntry entry) => entry.Shape.Aggregate(1L, (product, length) => product * length);

    private static string Json(ModelSource source, BlipHead head, ModelManifest manifest, IReadOnlyList<CacheState> caches) =>
        JsonText.Write(indented: true, json =>
    {
        json.WriteStartObject();
        json.WriteString("model", source.Name);
        json.WriteString("architecture", head.Architecture());
        json.WriteBoolean("weights", source.HasWeights);
        json.WriteNumber("parameters", manifest.TotalParameters);
        json.WriteStartObject("modules");
        foreach (var module in manifest.Root.Children)
            json.WriteNumber(module.Name, module.TotalParameters);
        json.WriteEndObject();
        json.WriteStartArray("caches");
        foreach (var cache in caches)
        {
            json.WriteStartObject();
            json.WriteString("file", cache.Path);
            json.WriteNumber("bytes", cache.Bytes);
            json.WriteString("flaw", cache.Flaw);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("tensors");
        foreach (var entry in manifest.Entries)
            WriteTensor(json, entry);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void WriteTensor(Utf8JsonWriter json, ManifestEntry entry)
    {
        json.WriteStartObject(entry.Key);
        json.WriteStartArray("shape");
        foreach (var length in entry.Shape)
            json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteString("kind", entry.Kind.ToString().ToLowerInvariant());
        if (entry.TiedTo is { } other)
            json.WriteString("tiedTo", other);
        json.WriteEndObject();
    }
}
