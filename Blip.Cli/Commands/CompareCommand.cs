using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class CompareCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> arguments = new("image")
    {
        Description = "The left image, the right image, and behind them the sentence. - is an image from standard input.",
        HelpName = "LEFT RIGHT SENTENCE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> pairs = OptionKinds.Text(
        "--pairs",
        "A file of many: the left image, the right image and the sentence on each line, with tabs between them; - is standard input.",
        "FILE");

    private readonly TextsBinding sentences;
    private readonly ModelBinding model;
    private readonly OutputBinding output;

    public CompareCommand(Terminal terminal)
        : base("compare", "Tells whether a sentence is true of two images.")
    {
        this.terminal = terminal;
        Add(arguments);
        sentences = new TextsBinding(this, "--sentence", "a sentence about both images");
        Add(pairs);
        model = new ModelBinding(this, demo: null);
        output = new OutputBinding(
            this,
            "text: a line for each sentence, with the probability that it is true; json: one array; jsonl: one object a line; csv: a "
                + "table.",
            RecordForm<ComparisonResult>.Formats,
            ComparisonForm.Shape);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Is it true", "blip compare left.jpg right.jpg \"both images show two dogs\" --model models/blip-nlvr"),
        ("Several sentences",
            "blip compare left.jpg right.jpg --sentence \"there are two dogs\" --sentence \"the left one sits\" --model models/blip-nlvr"),
        ("Many pairs", "blip compare --pairs pairs.tsv --output true.jsonl --model models/blip-nlvr"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var all = Pairs(parsed);
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var bare = parsed.GetValue(pairs) is null;
        using var file = output.Open(parsed);
        all = file?.Left(all, ComparisonForm.Key, terminal, "sentences") ?? all;
        return await new PipelineRun(terminal, model, output) { Texts = all.Select(pair => pair.Sentence).Distinct() }.RunAsync(
            parsed,
            file,
            () => ImageComparer.Load(source, model.Options<ImageComparerOptions>(parsed)),
            comparer => comparer.CompareAllAsync(all, cancellationToken),
            new ComparisonForm(bare),
            all.Count,
            "sentences");
    }

    private List<ImagePair> Pairs(ParseResult parsed)
    {
        var given = parsed.GetValue(arguments) ?? [];
        if (parsed.GetValue(pairs) is { } path)
        {
            return given.Length == 0 && sentences.Read(parsed, given, terminal).Count == 0
                ? PairFile.Read(pairs.Name, path, terminal)
                : throw new UsageException($"{pairs.Name} holds images and sentences: leave others out.");
        }
        if (given.Length < 2)
        {
            throw new UsageException(
                $"two images are compared, and {given.Length} {(given.Length == 1 ? "is" : "are")} given: "
                + $"give LEFT RIGHT SENTENCE, or {pairs.Name} FILE.");
        }
        var words = string.Join(' ', given[2..]);
        var about = sentences.Read(parsed, given, terminal);
        if (about.Count > 0 && given.Length > 2)
            throw new UsageException(
                $"'{words}' stands behind the images, where there is {sentences.Name} or {sentences.FileName}: give every sentence so.");
        if (about.Count == 0 && string.IsNullOrWhiteSpace(words))
            throw new UsageException(
                $"there is no sentence about '{given[0]}' and '{given[1]}': give one behind them, or with {sentences.Name}.");
        if (given[0] == InputExpansion.StandardInput && given[1] == InputExpansion.StandardInput)
            throw new UsageException("both images cannot come from standard input; put one of them in a file.");
        var (left, right) = (Image(given[0]), Image(given[1]));
        return [.. (about.Count > 0 ? about : [words]).Select(sentence => new ImagePair(left, right, sentence))];
    }

    private ImageSource Image(string argument) => InputExpansion.Expand([argument], terminal.OpenInput) is [var image]
        ? image
        : throw new UsageException($"'{argument}' is more than one image; two images are compared.");
}
