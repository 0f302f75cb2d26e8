using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class EmbedCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly TextsBinding texts;
    private readonly FramesOption frames;
    private readonly ModelBinding model;
    private readonly OutputBinding output;

    public EmbedCommand(Terminal terminal)
        : base("embed", "Makes vectors of images and texts, of length 1, whose products say how close they are.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.ZeroOrMore);
        texts = new TextsBinding(this, "--text", "a text to make a vector of");
        frames = new FramesOption(this);
        model = new ModelBinding(this, DemoModel.Retrieval);
        output = new OutputBinding(
            this,
            "jsonl: one object a line; json: one array; csv: a table; text: the numbers after the path or the text and a tab; npy: a "
                + "float32 array for NumPy, "
                + "a row for each image and then for each text, in a file.",
            ["jsonl", "json", "csv", "text", EmbeddingForm.Npy],
            EmbeddingForm.Shape);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("An image and a text", "blip embed photo.jpg --text \"a dog on a beach\""),
        ("A folder", "blip embed photos --output vectors.jsonl"),
        ("An array for NumPy", "blip embed photos --format npy --output vectors.npy"),
        ("With a real model", "blip embed photo.jpg --model Salesforce/blip-itm-base-coco"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var arguments = parsed.GetValue(paths) ?? [];
        var given = texts.Read(parsed, arguments, terminal);
        if (arguments.Length + given.Count == 0)
            throw new UsageException($"there is nothing to make a vector of: give a PATH, {texts.Name} TEXT or {texts.FileName} FILE.");
        if (output.Format(parsed) == EmbeddingForm.Npy && output.File(parsed) is null)
            throw new UsageException($"--format {EmbeddingForm.Npy} writes bytes, and not to a screen: name a file with --output.");
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput, archives: true, terminal.PassedOver, frames.Of(parsed));
        using var file = output.Open(parsed);
        sources = file?.Left(sources, image => RecordShape.Key(image.Name, ""), terminal, "images") ?? sources;
        given = file?.Left(given, text => RecordShape.Key("", text), terminal, "texts") ?? given;
        return await new PipelineRun(terminal, model, output) { Texts = given }.RunAsync(
            parsed,
            file,
            () => Embedder.Load(source, model.Options<EmbedderOptions>(parsed)),
            embedder => Vectors(embedder, sources, given, cancellationToken),
            new EmbeddingForm(Embedder.DimensionOf(source.Config)),
            sources.Count + given.Count,
            "vectors");
    }

    private static IAsyncEnumerable<EmbeddingRecord> Vectors(
        Embedder embedder, IReadOnlyList<ImageSource> images, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        var ofImages = embedder.EmbedImagesAsync(images, cancellationToken)
            .Select(image => new EmbeddingRecord(image.Source.Name, null, image.Vector, image.Error));
        return texts.Count == 0
            ? ofImages
            : ofImages.Concat(embedder.EmbedTextsAsync(texts, cancellationToken)
                .Select(text => new EmbeddingRecord(null, text.Text, text.Vector, text.Error)));
    }
}
