using System.CommandLine;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class EvalNlvrCommand : Command, IHasExamples
{
    // From the authors' nlvr_dataset.py.
    private const int MostWords = 40;

    private readonly Terminal terminal;
    private readonly Option<string> annotations = new("--annotations")
    {
        Description = "The sentences with their images and labels: BLIP's list (nlvr_dev.json, nlvr_test.json), or NLVR2's own file of "
            + "JSON lines.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly EvaluationBinding evaluation;
    private readonly OutputBinding output;
    private readonly ModelBinding model;

    public EvalNlvrCommand(Terminal terminal)
        : base("nlvr", "Scores what a model says of sentences about two images (NLVR2): accuracy and consistency.")
    {
        this.terminal = terminal;
        evaluation = new EvaluationBinding(this, ResultsFormat.Predictions);
        evaluation.Add(annotations);
        output = ScoreReport.Binding(this, evaluation);
        model = new ModelBinding(this, demo: null);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("NLVR2's public test set, as BLIP's paper scores it",
            "blip eval nlvr --annotations nlvr_test.json --images nlvr2 --model models/blip-nlvr"),
        ("Go on after an interruption",
            "blip eval nlvr --annotations nlvr_test.json --images nlvr2 --model models/blip-nlvr --save-results out.json --resume"),
        ("A results file that is there already", "blip eval nlvr --annotations nlvr_test.json --results results.json --format json"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        output.Check(parsed);
        evaluation.Check(parsed);
        var data = Startup.Step(() => NlvrDataset.Load(parsed.GetRequiredValue(annotations)));
        var results = evaluation.Results(parsed, terminal, path => ResultsFile.Load(path, data))
            ?? await CompareAsync(parsed, data, cancellationToken);
        if (!data.HasLabels)
        {
            terminal.Say(
                $"{data.Path} has no labels to compare with: {results.Count} of {data.Pairs.Count} sentences are judged, and nothing is "
                    + $"scored");
            return results.Count == data.Pairs.Count ? ExitCodes.Success : ExitCodes.SomeFailed;
        }
        var answered = EvaluationRun.Answered(terminal, data.Pairs, pair => pair.Id, results, "sentences");
        var scored = answered.FindAll(pair => pair.Label is not null);
        if (scored.Count == 0)
            throw new UsageException("none of the sentences that have a result has a label: there is nothing to score.");
        var scores = NlvrScores.Of(scored, SaysTrue);
        var count = ("sentences", scored.Count, data.Pairs.Count);
        ScoreReport.Write(output, parsed, terminal, scores.Named, count, evaluation.Details(parsed) ? Details : null);
        return answered.Count == data.Pairs.Count ? ExitCodes.Success : ExitCodes.SomeFailed;

        bool SaysTrue(NlvrPair pair) => results[pair.Id] == ResultsFormat.TrueText;

        void Details(Utf8JsonWriter json)
        {
            foreach (var pair in scored)
            {
                json.WriteStartObject();
                pair.Id.Write(json, ResultsFormat.Predictions.IdName);
                json.WriteString(ResultsFormat.Predictions.TextName, results[pair.Id]);
                json.WriteNumber("accuracy", SaysTrue(pair) == pair.Label ? 1 : 0);
                json.WriteEndObject();
            }
        }
    }

    private static string TextOf(bool isTrue) => isTrue ? ResultsFormat.TrueText : ResultsFormat.FalseText;

    private async Task<IReadOnlyDictionary<EntryId, string>> CompareAsync(
        ParseResult parsed, NlvrDataset data, CancellationToken cancellationToken)
    {
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var images = evaluation.Images(parsed);
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, data.Pairs.Count, terminal.Columns, "sentences");
        using var comparer = model.Load(
            parsed, terminal, progress, () => ImageComparer.Load(source, model.Options<ImageComparerOptions>(parsed)));
        using var report = output.Profile(parsed, terminal, comparer);
        using var writer = evaluation.Save(parsed);
        var left = data.Pairs.Where(pair => writer?.Results.ContainsKey(pair.Id) != true).ToList();
        progress.Skip(data.Pairs.Count - left.Count);
        ModelBinding.TellUnknown(terminal, comparer, left.Select(pair => pair.Sentence));
        var results = Startup.Step(() => comparer.CompareAllAsync(
            left.Select(pair => new ImagePair(
                EvaluationBinding.Image(images, pair.Left, pair.Id), EvaluationBinding.Image(images, pair.Right, pair.Id),
                CaptionCleaning.Clean(pair.Sentence, MostWords))),
            cancellationToken));
        return await new EvaluationRun(terminal, progress, writer).RunAsync(
            results, [.. left.Select(pair => pair.Id)],
            result => (result.Comparison is { } said ? TextOf(said.IsTrue) : null, result.Error));
    }
}
