using System.CommandLine;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class EvalCaptionCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly AnnotationsBinding annotations;
    private readonly EvaluationBinding evaluation;
    private readonly OutputBinding output;
    private readonly ModelBinding model;
    private readonly GenerationBinding generation;
    private readonly Option<string?> prompt =
        OptionKinds.Text("--prompt", "Words that each sentence begins with, such as \"a picture of\".", "TEXT");
    private readonly Option<bool> stripPrompt = new("--strip-prompt")
    {
        Description = "Take these words off the results again, as BLIP's own evaluation does.",
    };

    public EvalCaptionCommand(Terminal terminal)
        : base("caption", "Scores captions as the COCO caption evaluation does: BLEU-1 to BLEU-4, ROUGE-L, CIDEr.")
    {
        this.terminal = terminal;
        evaluation = new EvaluationBinding(this, ResultsFormat.Captions);
        annotations = new AnnotationsBinding(evaluation.Add);
        output = ScoreReport.Binding(this, evaluation);
        model = new ModelBinding(this, DemoModel.Captioning);
        Add(prompt);
        Add(stripPrompt);
        generation = new GenerationBinding(this);
        Validators.Add(result =>
        {
            if (result.GetValue(stripPrompt) && result.GetValue(prompt) is null)
                result.AddError("--strip-prompt takes the words of --prompt off: name them.");
        });
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The demo captioner on its samples", "blip eval caption --annotations weights/samples/captions.json --images weights/samples"),
        ("COCO's Karpathy test, as BLIP's paper scores it",
            "blip eval caption --annotations coco_karpathy_test.json --images coco --num-beams 3 --min-length 5 --prompt \"a picture of\" "
                + "--strip-prompt --save-results results.json"),
        ("Go on after an interruption",
            "blip eval caption --annotations coco_karpathy_test.json --images coco --save-results results.json --resume"),
        ("A results file that is there already",
            "blip eval caption --annotations captions_val2014.json --results results.json --format json"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        output.Check(parsed);
        evaluation.Check(parsed);
        var data = annotations.Load(parsed, terminal);
        var captions = evaluation.Results(parsed, terminal, path => ResultsFile.Load(path, data))
            ?? await CaptionAsync(parsed, data, cancellationToken);
        if (!data.HasCaptions)
        {
            terminal.Say($"{data.Path} has no captions to compare with: {captions.Count} of {data.Images.Count} images are captioned, and "
                + $"nothing is scored");
            return captions.Count == data.Images.Count ? ExitCodes.Success : ExitCodes.SomeFailed;
        }
        var answered = EvaluationRun.Answered(terminal, data.Images, image => image.Id, captions, "images");
        var scored = answered.FindAll(image => image.Captions.Count > 0);
        if (scored.Count == 0)
            throw new UsageException("none of the images that have a result has a caption to compare with: there is nothing to score.");
        if (scored.Count == 1)
            terminal.Say("CIDEr is 0 by definition for one image: it weighs words by how few images have them");
        var report = CaptionMetrics.Score([.. scored.Select(image => new CaptionSample(captions[image.Id], image.Captions))]);
        ScoreReport.Write(output, parsed, terminal, report.Corpus.Named, ("images", scored.Count, data.Images.Count),
            evaluation.Details(parsed) ? Details : null);
        return answered.Count == data.Images.Count ? ExitCodes.Success : ExitCodes.SomeFailed;

        void Details(Utf8JsonWriter json)
        {
            foreach (var (image, scores) in scored.Zip(report.Items))
            {
                json.WriteStartObject();
                image.Id.Write(json, "image_id");
                json.WriteString("caption", captions[image.Id]);
                foreach (var (name, score) in scores.Named)
                    json.WriteNumber(name, score);
                json.WriteEndObject();
            }
        }
    }

    private async Task<IReadOnlyDictionary<EntryId,
        string>> CaptionAsync(ParseResult parsed, CaptionAnnotations data, CancellationToken cancellationToken)
    {
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var words = parsed.GetValue(prompt);
        var options = new CaptionOptions
        {
            Generation = generation.Apply(
                parsed, Startup.Step(() => Captioner.DefaultsOf(source, model.Compat(parsed), generation.Samples(parsed)))),
            Prompt = words,
        };
        foreach (var idle in generation.WithoutEffect(parsed, options.Generation))
            terminal.Note(idle);
        var images = evaluation.Images(parsed);
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, data.Images.Count, terminal.Columns);
        using var captioner = model.Load(parsed, terminal, progress, () => Captioner.Load(source, model.Options<CaptionerOptions>(parsed)));
        if (!captioner.HasVocabulary)
            throw new UsageException($"{source.Name} has no vocabulary, and token ids cannot be scored: give --vocab.");
        ModelBinding.TellUnknown(terminal, captioner, [words]);
        using var report = output.Profile(parsed, terminal, captioner);
        using var writer = evaluation.Save(parsed);
        var left = data.Images.Where(image => writer?.Results.ContainsKey(image.Id) != true).ToList();
        progress.Skip(data.Images.Count - left.Count);
        var results = Startup.Step(() => captioner.CaptionAllAsync(
            left.Select(image => EvaluationBinding.Image(images, image.FileName, image.Id)), options, cancellationToken));
        var start = parsed.GetValue(stripPrompt) ? words!.Trim() : "";
        return await new EvaluationRun(terminal, progress, writer).RunAsync(
            results, [.. left.Select(image => image.Id)], result => (Without(start, result.Caption?.Text), result.Error));
    }

    private static string? Without(string start, string? text) =>
        start.Length > 0 && text?.StartsWith(start, StringComparison.OrdinalIgnoreCase) == true ? text[start.Length..].TrimStart() : text;
}
