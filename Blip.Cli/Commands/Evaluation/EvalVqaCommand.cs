using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class EvalVqaCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Option<string?> questions =
        OptionKinds.Text("--questions",
            "The questions: VQA's *_questions.json, or BLIP's list (vqa_val.json) or VizWiz', which can hold the answers, too.", "FILE");
    private readonly Option<string?> annotations = OptionKinds.Text("--annotations", "People's answers: VQA's *_annotations.json.", "FILE");
    private readonly Option<string?> answers =
        OptionKinds.Text(
            "--answers", "Let the model choose among the answers of this file (a list in JSON, or one on each line) in place of writing.",
            "FILE");
    private readonly Option<int?> candidates =
        OptionKinds.Number<int>(
            "--candidate-count", "How many of them, those with the likeliest first words, are read to their ends. [default: 128]");
    private readonly EvaluationBinding evaluation;
    private readonly OutputBinding output;
    private readonly ModelBinding model;
    private readonly GenerationBinding generation;

    public EvalVqaCommand(Terminal terminal)
        : base("vqa", "Scores answers as the official VQA evaluation does.")
    {
        this.terminal = terminal;
        evaluation = new EvaluationBinding(this, ResultsFormat.Answers);
        evaluation.Add(questions);
        evaluation.Add(annotations);
        output = ScoreReport.Binding(this, evaluation);
        model = new ModelBinding(this, DemoModel.Answering);
        Add(answers);
        Add(candidates);
        generation = new GenerationBinding(this);
        Validators.Add(result =>
        {
            if (result.GetValue(questions) is null && result.GetValue(annotations) is null)
                result.AddError("there are no questions: give --questions FILE, --annotations FILE, or both.");
            else if (result.GetValue(questions) is null && result.GetResult("--images") is OptionResult { Implicit: false })
                result.AddError("--images runs the model, which needs --questions FILE.");
        });
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The demo answerer on its samples", "blip eval vqa --questions weights/samples/questions.json --images weights/samples"),
        ("VQA v2 as BLIP's paper scores it: by a list of answers",
            "blip eval vqa --questions v2_OpenEnded_mscoco_val2014_questions.json --annotations v2_mscoco_val2014_annotations.json "
                + "--images coco --answers answer_list.json"),
        ("Answers for the VQA server",
            "blip eval vqa --questions v2_OpenEnded_mscoco_test2015_questions.json --images coco --save-results results.json"),
        ("A results file that is there already", "blip eval vqa --annotations v2_mscoco_val2014_annotations.json --results results.json"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        output.Check(parsed);
        evaluation.Check(parsed);
        var data = Startup.Step(() => VqaDataset.Load(parsed.GetValue(questions), parsed.GetValue(annotations)));
        foreach (var notice in data.Notices)
            terminal.Note(notice);
        var results = evaluation.Results(parsed, terminal, path => ResultsFile.Load(path, data))
            ?? await AnswerAsync(parsed, data, cancellationToken);
        if (!data.HasAnswers)
        {
            terminal.Say($"there are no answers of people to compare with: {results.Count} of {data.Questions.Count} questions are "
                + $"answered, and nothing is scored");
            return results.Count == data.Questions.Count ? ExitCodes.Success : ExitCodes.SomeFailed;
        }
        var answered = EvaluationRun.Answered(terminal, data.Questions, question => question.Id, results, "questions");
        var scored = answered.FindAll(question => question.Answers.Count > 0);
        if (scored.Count == 0)
            throw new UsageException("none of the questions that have a result has an answer of people: there is nothing to score.");
        if (scored.Count(question => question.Answers.Count == 1) is > 0 and var alone)
            terminal.Say($"{alone} of {scored.Count} questions have one answer of people, and the accuracy is 0 by definition there: it "
                + $"counts the others who said the same");
        var report = VqaReport.Of(scored, results);
        ScoreReport.Write(output, parsed, terminal, Named(report), ("questions", scored.Count, data.Questions.Count),
            evaluation.Details(parsed) ? Details : null);
        return answered.Count == data.Questions.Count ? ExitCodes.Success : ExitCodes.SomeFailed;

        void Details(Utf8JsonWriter json)
        {
            foreach (var question in scored)
            {
                json.WriteStartObject();
                question.Id.Write(json, data.Format.IdName);
                json.WriteString("answer", results[question.Id]);
                json.WriteNumber("accuracy", report.PerQuestion[question.Id] / 100);
                json.WriteEndObject();
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, double>> Named(VqaReport report) =>
        report.PerAnswerType.Select(type => new KeyValuePair<string, double>($"answers: {type.Key}", type.Value / 100))
            .Concat(report.PerQuestionType.Select(type => new KeyValuePair<string, double>($"questions: {type.Key}", type.Value / 100)))
            .Prepend(new("accuracy", report.Overall / 100));

    private async Task<IReadOnlyDictionary<EntryId,
        string>> AnswerAsync(ParseResult parsed, VqaDataset data, CancellationToken cancellationToken)
    {
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var options = new AnswerOptions
        {
            Generation = generation.Apply(parsed, Startup.Step(() => QuestionAnswerer.DefaultsOf(source, model.Compat(parsed)))),
            Candidates = parsed.GetValue(answers) is { } list ? Listed(list) : [],
            CandidateCount = parsed.GetValue(candidates) ?? new AnswerOptions().CandidateCount,
        };
        foreach (var idle in generation.WithoutEffect(parsed, options.Generation))
            terminal.Note(idle);
        if (parsed.GetValue(candidates) is not null && options.Candidates.Count == 0)
            terminal.Note($"{candidates.Name} changes nothing without {answers.Name}");
        var images = evaluation.Images(parsed);
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, data.Questions.Count, terminal.Columns, "questions");
        using var answerer = model.Load(
            parsed, terminal, progress, () => QuestionAnswerer.Load(source, model.Options<QuestionAnswererOptions>(parsed)));
        using var report = output.Profile(parsed, terminal, answerer);
        using var writer = evaluation.Save(parsed, data.Format);
        // Groups questions by image, so that each image is read and encoded once.
        var left = data.Questions.Where(question => writer?.Results.ContainsKey(question.Id) != true).GroupBy(question => question.ImageId)
            .SelectMany(group => group).ToList();
        progress.Skip(data.Questions.Count - left.Count);
        ModelBinding.TellUnknown(terminal, answerer, left.Select(question => question.Text).Concat(options.Candidates));
        var results = Startup.Step(() => answerer.AnswerAllAsync(Asked(left, images).ToAsyncEnumerable(), options, cancellationToken));
        return await new EvaluationRun(terminal, progress, writer).RunAsync(
            results, [.. left.Select(question => question.Id)], result => (result.Answer?.Text, result.Error));
    }

    private IReadOnlyList<string> Listed(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
        ? Startup.Step(() => AnswerList.Load(path))
        : Lines.Read(answers.Name, path, terminal);

    private static IEnumerable<ImageText> Asked(List<VqaQuestion> questions, ImageFolder images)
    {
        var (id, image) = (new EntryId(0), (ImageSource?)null);
        foreach (var question in questions)
        {
            if (image is null || question.ImageId != id)
                (id, image) = (question.ImageId, EvaluationBinding.Image(images, question.FileName, question.ImageId));
            yield return new ImageText(image, question.Text!);
        }
    }
}
