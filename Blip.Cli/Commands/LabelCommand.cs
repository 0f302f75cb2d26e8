using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class LabelCommand : Command, IHasExamples
{
    private const int DefaultTop = 5;

    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly Option<string> labels = new("--labels")
    {
        Description = "The labels to choose among: with commas between them, or a file with one on each line; - is standard input.",
        HelpName = "A,B,C|FILE",
        Required = true,
    };

    private readonly Option<string[]> templates = OptionKinds.Texts(
        "--template",
        $"A text that a label is put into at {LabelOptions.Place}; a label's vector is the mean over all. Repeatable. "
            + $"[default: {string.Join(", ", LabelOptions.DefaultTemplates.Select(template => $"\"{template}\""))}]",
        "TEXT");

    private readonly Option<int?> top = OptionKinds.Number<int>(
        "--top", $"How many labels of an image are shown, the likeliest first. [default: {DefaultTop}]");
    private readonly Option<int?> rerank = OptionKinds.Number<int>(
        "--rerank", $"How many of the closest labels the matching head looks at again; 0 leaves all to the cosine. [default: "
            + $"{new LabelOptions().Rerank}]", "k");

    private readonly FramesOption frames;
    private readonly ModelBinding model;
    private readonly OutputBinding output;

    public LabelCommand(Terminal terminal)
        : base("label", "Chooses among labels for images, without training on them.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.OneOrMore);
        foreach (var option in (Option[])[labels, templates, top, rerank])
            Add(option);
        frames = new FramesOption(this);
        model = new ModelBinding(this, DemoModel.Retrieval);
        output = new OutputBinding(
            this,
            "text: a line for each label, with its probability; json: one array; jsonl: one object a line; csv: a table.",
            RecordForm<LabelResult>.Formats,
            LabelForm.Shape);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Which of three", "blip label photo.jpg --labels dog,cat,horse --model Salesforce/blip-itm-base-coco"),
        ("A folder against a file of labels", "blip label photos --labels classes.txt --top 1 --output labels.csv"),
        ("A prompt of its own", "blip label photo.jpg --labels labrador,poodle --template \"a photo of a {}, a breed of dog\""),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var arguments = parsed.GetRequiredValue(paths);
        var among = Labels(parsed.GetRequiredValue(labels), arguments);
        var shown = parsed.GetValue(top) ?? DefaultTop;
        if (shown < 1)
            throw new UsageException($"{top.Name} is {shown}: give 1 or more.");
        var options = new LabelOptions
        {
            Templates = parsed.GetValue(templates) is { Length: > 0 } given ? given : null,
            Rerank = parsed.GetValue(rerank) ?? new LabelOptions().Rerank,
        };
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput, archives: true, terminal.PassedOver, frames.Of(parsed));
        var bare = InputExpansion.IsOneNamed(arguments, sources);
        using var file = output.Open(parsed);
        sources = file?.Left(sources, image => image.Name, terminal, "images") ?? sources;
        return await new PipelineRun(terminal, model, output) { Texts = among.Concat(options.Templates ?? []) }.RunAsync(
            parsed,
            file,
            () => Matcher.Load(source, model.Options<MatcherOptions>(parsed)),
            matcher => new Labeler(matcher, among, options, cancellationToken).LabelAllAsync(sources, cancellationToken),
            new LabelForm(bare, shown),
            sources.Count,
            "images");
    }

    private IReadOnlyList<string> Labels(string given, IReadOnlyList<string> images)
    {
        if (given == InputExpansion.StandardInput && images.Contains(InputExpansion.StandardInput))
            throw new UsageException($"an image and {labels.Name} cannot both come from standard input; put one of them in a file.");
        return given == InputExpansion.StandardInput || File.Exists(given)
            ? Lines.Read(labels.Name, given, terminal)
            : given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }
}
