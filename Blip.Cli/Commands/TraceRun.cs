using System.CommandLine;
using System.Diagnostics;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tracing;

namespace Blip.Cli.Commands;

internal sealed class TraceRun(Terminal terminal, TraceBinding binding)
{
    public async Task<int> RunAsync(ParseResult parsed, string[] images, bool asJson, CancellationToken cancellationToken)
    {
        var output = parsed.GetRequiredValue(binding.Output)!;
        TraceOutput.Check(output);
        if (images is [InputExpansion.StandardInput, InputExpansion.StandardInput])
            throw new UsageException("both images cannot come from standard input; put one of them in a file.");
        var inputs = images.Select(Image).ToList();
        var source = await binding.Model.ResolveAsync(parsed, terminal, Demo(parsed), cancellationToken);
        var head = source.Config.Head ?? Meant(parsed);
        CheckTexts(parsed, source, head);
        CheckImages(source, head, inputs.Count);
        var trace = Record(parsed, source, head, inputs, cancellationToken);
        TraceOutput.Write(output, trace);
        terminal.Note($"{output}: {trace.Tensors.Count} tensors, {TraceOutput.Size(trace.Tensors.Bytes)}");
        using var file = Startup.Step(() => new TraceFile(output));
        var report = new TraceReport(file);
        if (asJson)
            terminal.Output.WriteLine(report.Json());
        else
            report.WriteText(terminal.Output);
        return ExitCodes.Success;
    }

    private ImageSource Image(string argument) => InputExpansion.Expand([argument], terminal.OpenInput) is [var image]
        ? image
        : throw new UsageException($"'{argument}' is more than one image; a trace is about one, or two that are compared.");

    private static void CheckImages(ModelSource source, BlipHead head, int count)
    {
        var wanted = head == BlipHead.VisualReasoning ? 2 : 1;
        if (count != wanted)
            throw new UsageException(
                $"{source.Name} ({head.Architecture()}) reads {(wanted == 1 ? "one image" : "two images")}, and {count} are given.");
    }

    private ModelTrace Record(
        ParseResult parsed, ModelSource source, BlipHead head, IReadOnlyList<ImageSource> images, CancellationToken cancellationToken)
    {
        var (model, image) = (binding.Model, images[0]);
        return head switch
        {
            BlipHead.Captioning => Traced(
                parsed,
                () => Captioner.Load(source, model.Options<CaptionerOptions>(parsed)),
                captioner => ModelTracer.Caption(captioner, image, CaptionOptions(parsed, source), cancellationToken)),
            BlipHead.VisualQuestionAnswering => Traced(
                parsed,
                () => QuestionAnswerer.Load(source, model.Options<QuestionAnswererOptions>(parsed)),
                answerer => ModelTracer.Answer(
                    answerer, image, parsed.GetValue(binding.Question)!, AnswerOptions(parsed, source), cancellationToken)),
            BlipHead.Retrieval => Traced(
                parsed,
                () => Matcher.Load(source, model.Options<MatcherOptions>(parsed)),
                matcher => ModelTracer.Match(matcher, image, parsed.GetValue(binding.Text)!, cancellationToken)),
            BlipHead.VisualReasoning => Traced(
                parsed,
                () => ImageComparer.Load(source, model.Options<ImageComparerOptions>(parsed)),
                comparer => ModelTracer.Compare(comparer, image, images[1], parsed.GetValue(binding.Text)!, cancellationToken)),
            BlipHead.Model => Traced(
                parsed,
                () => Embedder.Load(source, model.Options<EmbedderOptions>(parsed)),
                embedder => ModelTracer.Embedding(embedder, image, parsed.GetValue(binding.Text)!, cancellationToken)),
            _ => throw new UnreachableException($"{head}"),
        };
    }

    private ModelTrace Traced<TPipeline>(ParseResult parsed, Func<TPipeline> load, Func<TPipeline, ModelTrace> trace)
        where TPipeline : Pipeline
    {
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, 1, terminal.Columns, "traces");
        using var pipeline = binding.Model.Load(parsed, terminal, progress, load);
        if (pipeline.Devices.Count > 1)
            throw new UsageException($"a trace is of one device, and {pipeline.Devices.Count} are at work; name one with --device.");
        try
        {
            return Startup.Step(() => trace(pipeline));
        }
        catch (ImageException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private CaptionOptions CaptionOptions(ParseResult parsed, ModelSource source) => new()
    {
        Generation = Generation(parsed, Captioner.DefaultsOf(source, binding.Model.Compat(parsed), binding.Generation.Samples(parsed))),
        Prompt = parsed.GetValue(binding.Prompt),
    };

    private AnswerOptions AnswerOptions(ParseResult parsed, ModelSource source) => new()
    {
        Generation = Generation(parsed, QuestionAnswerer.DefaultsOf(source, binding.Model.Compat(parsed))),
    };

    private GenerationOptions Generation(ParseResult parsed, GenerationOptions defaults)
    {
        var options = binding.Generation.Apply(parsed, defaults);
        foreach (var idle in binding.Generation.WithoutEffect(parsed, options))
            terminal.Note(idle);
        return options;
    }

    // A config without a head may have any: the given texts decide.
    private BlipHead Meant(ParseResult parsed) =>
        parsed.GetValue(binding.Question) is not null ? BlipHead.VisualQuestionAnswering
        : parsed.GetValue(binding.Text) is not null ? BlipHead.Retrieval
        : BlipHead.Captioning;

    private DemoModel Demo(ParseResult parsed) => DemoModel.Of(Meant(parsed))!;

    private void CheckTexts(ParseResult parsed, ModelSource source, BlipHead head)
    {
        var model = $"{source.Name} ({head.Architecture()})";
        var wanted = head switch
        {
            BlipHead.Captioning => binding.Prompt,
            BlipHead.VisualQuestionAnswering => binding.Question,
            BlipHead.Retrieval or BlipHead.Model or BlipHead.VisualReasoning => binding.Text,
            _ => throw new UnreachableException($"{head}"),
        };
        foreach (var other in ((Option<string?>[])[binding.Prompt, binding.Question, binding.Text]).Where(other => other != wanted))
        {
            if (parsed.GetValue(other) is not null)
                throw new UsageException($"{other.Name} is not for {model}: give {wanted.Name}.");
        }
        if (head != BlipHead.Captioning && string.IsNullOrWhiteSpace(parsed.GetValue(wanted)))
            throw new UsageException($"{model} wants words: give {wanted.Name} TEXT.");
        if (head is BlipHead.Retrieval or BlipHead.Model or BlipHead.VisualReasoning
            && binding.Generation.Given(parsed).FirstOrDefault() is { } idle)
            throw new UsageException($"{idle} is about writing text, and {model} writes none; leave it out.");
    }
}
