using System.CommandLine;
using System.Runtime.CompilerServices;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class CaptionCommand : Command, IHasExamples
{
    private readonly Option<string?> prompt =
        OptionKinds.Text("--prompt", "Words that each sentence begins with, such as \"a picture of\".", "TEXT");
    private readonly Option<string[]> badWords =
        OptionKinds.Texts("--bad-words", "A word, or a row of words, that never comes. Repeatable.", "TEXT");
    private readonly Option<string[]> forceWords = OptionKinds.Texts(
        "--force-words", "A word, or a row of words, that may come: sentences are made of these alone. Repeatable.", "TEXT");

    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly ModelBinding model;
    private readonly DraftBinding draft;
    private readonly OutputBinding output;
    private readonly AttentionBinding attention;
    private readonly GenerationBinding generation;
    private readonly SidecarBinding sidecar;

    public CaptionCommand(Terminal terminal)
        : base("caption", "Says what is in images, one sentence each.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.OneOrMore);
        model = new ModelBinding(this, DemoModel.Captioning);
        draft = new DraftBinding(this);
        output = new OutputBinding(
            this,
            "text: the sentence, after the path and a tab where there may be several images; json: one array; jsonl: one object a line; "
                + "csv: a table.",
            RecordForm<CaptionResult>.Formats,
            CaptionForm.Shape);
        foreach (var option in (Option[])[prompt, badWords, forceWords])
            Add(option);
        attention = new AttentionBinding(this, AttentionMethod.CrossAttention, AttentionMethod.Rollout);
        sidecar = new SidecarBinding(this, output);
        generation = new GenerationBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("One image", "blip caption photo.jpg --model models/blip-image-captioning-base"),
        ("A better sentence, more slowly", "blip caption photo.jpg --num-beams 3"),
        ("A folder to a table", "blip caption photos --format csv --output captions.csv"),
        ("Three different sentences", "blip caption photo.jpg --sample --top-p 0.9 --num-return-sequences 3"),
        ("Begin as told", "blip caption photo.jpg --prompt \"a picture of\""),
        ("From another program", "curl -s https://example.org/photo.jpg | blip caption -"),
        ("Where the model looked", "blip caption photo.jpg --attention-map maps"),
        ("A text file beside each image, for a trainer", "blip caption photos --sidecar"),
        ("The same as a page", "blip caption photos --attention-html looking.html"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var options = new CaptionOptions
        {
            Generation = generation.Apply(
                parsed, Startup.Step(() => Captioner.DefaultsOf(source, model.Compat(parsed), generation.Samples(parsed)))),
            Prompt = parsed.GetValue(prompt),
            BadWords = parsed.GetValue(badWords) ?? [],
            ForceWords = parsed.GetValue(forceWords) ?? [],
            Attention = attention.Method(parsed) is not null,
            AttentionMethod = attention.Method(parsed) ?? AttentionMethod.CrossAttention,
        };
        foreach (var idle in generation.WithoutEffect(parsed, options.Generation).Concat(attention.WithoutEffect(parsed))
            .Concat(draft.WithoutEffect(parsed, options.Generation)))
            terminal.Note(idle);

        var arguments = parsed.GetRequiredValue(paths);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput, archives: true, terminal.PassedOver);
        var sidecars = sidecar.Open(parsed);
        if (sidecars is not null)
        {
            var all = sources.Count;
            sources = sidecars.Open(sources);
            if (sources.Count < all)
                terminal.Note($"{all - sources.Count} of {all} images have a sidecar already, and are left out; --overwrite writes them "
                    + $"anew");
            if (sources.Count == 0)
                return ExitCodes.Success;
        }
        var bare = InputExpansion.IsOneNamed(arguments, sources);
        using var file = output.Open(parsed);
        sources = file?.Left(sources, image => image.Name, terminal, "images") ?? sources;
        using var maps = attention.Open(parsed);
        var form = new CaptionForm(bare, several: options.Generation.NumReturnSequences > 1);
        var streams = bare && terminal.OutputIsScreen && file is null && maps is null && sidecars is null && output.Format(parsed) == "text"
            && options.Generation is { NumBeams: 1, NumReturnSequences: 1 };
        return await new PipelineRun(terminal, model, output)
        {
            Texts = [options.Prompt, .. options.BadWords, .. options.ForceWords],
            Streams = streams,
        }.RunAsync(
            parsed,
            file,
            () => Captioner.Load(source, draft.Apply(parsed, model.Options<CaptionerOptions>(parsed))),
            captioner => streams && captioner.HasVocabulary
                ? Say(captioner, sources[0], options, form, cancellationToken)
                : captioner.CaptionAllAsync(sources, options, cancellationToken),
            form,
            sources.Count,
            "images",
            result => maps?.Save(result.Source, result.Image!, [new WordLine("caption", result.Caption!.Attention)])
                ?? sidecars?.Save(result));
    }

    // On a screen, the words of one image appear as they are generated.
    private async IAsyncEnumerable<CaptionResult> Say(
        Captioner captioner, ImageSource image, CaptionOptions options, CaptionForm form,
            [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Caption? whole = null;
        string? error = null;
        await using var words = captioner.StreamAsync(image, options, caption => whole = caption, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (error is null)
        {
            try
            {
                if (!await words.MoveNextAsync())
                    break;
            }
            catch (ImageException e)
            {
                error = e.Message;
                break;
            }
            form.IsSaid = true;
            terminal.Output.Write(words.Current);
            terminal.Output.Flush();
        }
        yield return error is null ? CaptionResult.Of(image, whole!) : CaptionResult.Failed(image, error);
    }
}
