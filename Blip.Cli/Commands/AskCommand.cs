using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class AskCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly TextsBinding questions, answers;
    private readonly Option<int?> candidateCount = OptionKinds.Number<int>(
        "--candidate-count",
            "With a list of answers: how many of them, those with the likeliest first words, are read to their ends. [default: 128]");
    private readonly Option<int?> best =
        OptionKinds.Number<int>("--best", "With a list of answers: how many of them to show, the likeliest first. [default: 1]");
    private readonly Option<bool> attendPadding = new("--attend-padding")
    {
        Description = "Let the answers to a batch's shorter questions look at the padding behind them, as the published code does; answers "
            + "then depend on their company.",
    };

    private readonly Option<string[]> badWords =
        OptionKinds.Texts("--bad-words", "A word, or a row of words, that never comes. Repeatable.", "TEXT");
    private readonly Option<string[]> forceWords = OptionKinds.Texts(
        "--force-words", "A word, or a row of words, that may come: sentences are made of these alone. Repeatable.", "TEXT");

    private readonly ModelBinding model;
    private readonly OutputBinding output;
    private readonly AttentionBinding attention;
    private readonly GenerationBinding generation;

    public AskCommand(Terminal terminal)
        : base("ask", "Answers questions about images: every question about every image.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.OneOrMore, " Without --question, what stands behind them is the question.");
        questions = new TextsBinding(this, "--question", "a question about each image");
        answers = new TextsBinding(this, "--answer", "an answer to choose among, in place of writing one");
        model = new ModelBinding(this, DemoModel.Answering);
        output = new OutputBinding(
            this,
            "text: the answer, after path and question, tab-separated, where there may be several; json: one array; jsonl: one object a "
                + "line; csv: a table.",
            RecordForm<AnswerResult>.Formats,
            AnswerForm.Shape);
        foreach (var option in (Option[])[candidateCount, best, attendPadding, badWords, forceWords])
            Add(option);
        attention = new AttentionBinding(this, AttentionMethod.CrossAttention, AttentionMethod.Rollout);
        generation = new GenerationBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One question", "blip ask photo.jpg \"how many dogs are there?\" --model models/blip-vqa-base"),
        ("Several questions about a folder", "blip ask photos --question \"is it day?\" --question \"is it indoors?\" --format csv"),
        ("Choose among answers", "blip ask photo.jpg \"what is it?\" --answer \"a dog\" --answer \"a cat\""),
        ("The three likeliest of a list", "blip ask photo.jpg \"what is it?\" --answers answers.txt --best 3 --format json"),
        ("Where it looked for question and answer", "blip ask photo.jpg \"what color is the ball?\" --attention-html looking.html"),
        ("Questions from another program", "sort questions.txt | blip ask photo.jpg --questions -"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (images, asked) = Inputs(parsed);
        var among = answers.Read(parsed, images, terminal);
        var shown = Shown(parsed, among);
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var defaults = Startup.Step(() => QuestionAnswerer.DefaultsOf(source, model.Compat(parsed)));
        var options = new AnswerOptions
        {
            Generation = generation.Apply(parsed, defaults),
            BadWords = parsed.GetValue(badWords) ?? [],
            ForceWords = parsed.GetValue(forceWords) ?? [],
            Candidates = among,
            CandidateCount = parsed.GetValue(candidateCount) ?? new AnswerOptions().CandidateCount,
            AttendPadding = parsed.GetValue(attendPadding),
            Attention = attention.Method(parsed) is not null,
            AttentionMethod = attention.Method(parsed) ?? AttentionMethod.CrossAttention,
        };
        foreach (var idle in WithoutEffect(parsed, options).Concat(attention.WithoutEffect(parsed)))
            terminal.Note(idle);
        using var maps = attention.Open(parsed);

        var sources = InputExpansion.Expand(images, terminal.OpenInput, archives: true, terminal.PassedOver);
        using var file = output.Open(parsed);
        var left = file is { GoesOn: true }
            ? file.Left(
                [.. sources.SelectMany(image => asked.Select(question => new ImageText(image, question)))],
                pair => RecordShape.Key(pair.Image.Name, pair.Text), terminal, "questions")
            : null;
        return await new PipelineRun(terminal, model, output)
        {
            Texts = [.. asked, .. among, .. options.BadWords, .. options.ForceWords],
        }.RunAsync(
            parsed,
            file,
            () => QuestionAnswerer.Load(source, model.Options<QuestionAnswererOptions>(parsed)),
            answerer => left is null
                ? answerer.AnswerAllAsync(sources, asked, options, cancellationToken)
                : answerer.AnswerAllAsync(left.ToAsyncEnumerable(), options, cancellationToken),
            new AnswerForm(InputExpansion.IsOneNamed(images, sources), asked.Count == 1,
                among.Count > 0 ? shown : options.Generation.NumReturnSequences),
            left?.Count ?? sources.Count * asked.Count,
            "answers",
            maps is null ? null : result => maps.Save(
                result.Source, result.Image!, [
                    new WordLine("question", result.Answer!.QuestionAttention), new WordLine("answer", result.Answer!.Attention)]));
    }

    // The question follows the images, quoted or not, unless options give questions.
    private (string[] Images, IReadOnlyList<string> Questions) Inputs(ParseResult parsed)
    {
        var arguments = parsed.GetRequiredValue(paths);
        var question = arguments[^1];
        if (questions.Read(parsed, arguments, terminal) is { Count: > 0 } given)
        {
            return question.EndsWith('?') && !Path.Exists(question)
                ? throw new UsageException(
                    $"'{question}' is no image; where there is {questions.Name} or {questions.FileName}, every question is given so.")
                : (arguments, given);
        }
        if (arguments.Length == 1 || question == InputExpansion.StandardInput || Path.Exists(question))
            throw new UsageException($"there is no question after '{question}': give one behind the images, or with {questions.Name}.");
        if (string.IsNullOrWhiteSpace(question))
            throw new UsageException("the question is blank; give it words.");
        var words = arguments.AsEnumerable().Reverse().TakeWhile(IsWord).Count();
        // Without any file, the first argument was meant as an image, and its error is reported.
        var images = Math.Max(1, arguments.Length - words);
        return (arguments[..images], [string.Join(' ', arguments[images..])]);
    }

    private static bool IsWord(string argument) => argument != InputExpansion.StandardInput && !Path.Exists(argument)
        && (argument.Contains(' ', StringComparison.Ordinal) || !InputExpansion.LooksLikeImages(argument));

    private int Shown(ParseResult parsed, IReadOnlyList<string> among)
    {
        var count = parsed.GetValue(best) ?? 1;
        if (count < 1)
            throw new UsageException($"{best.Name} is {count}: give 1 or more.");
        if (among.Count == 0 && parsed.GetValue(best) is not null)
            throw new UsageException($"{best.Name} is about a list of answers: give {answers.Name} or {answers.FileName}.");
        return count;
    }

    private IEnumerable<string> WithoutEffect(ParseResult parsed, AnswerOptions options)
    {
        if (options.Candidates.Count == 0)
        {
            if (parsed.GetValue(candidateCount) is not null)
                yield return $"{candidateCount.Name} changes nothing without a list of answers: give {answers.Name} or {answers.FileName}";
            foreach (var idle in generation.WithoutEffect(parsed, options.Generation!))
                yield return idle;
            yield break;
        }
        if (options.AttendPadding)
            yield return $"{attendPadding.Name} changes nothing with a list of answers: choosing never looks at padding";
        foreach (var name in generation.Given(parsed))
            yield return $"{name} changes nothing with a list of answers: none is written";
    }
}
