using System.CommandLine;
using System.Text.Json;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Evaluation;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;

namespace Blip.Cli.Commands;

internal sealed class EvalRetrievalCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly AnnotationsBinding annotations;
    private readonly Option<string> images = new("--images")
    {
        Description = "The folder of the data set's images.",
        HelpName = "DIR",
        Required = true,
    };
    private readonly Option<int?> rerank = OptionKinds.Number<int>(
        "--rerank",
        "Put the first k of each query into the order of the matching head (and the vectors' product); 256 for COCO and 128 for Flickr are "
            + "BLIP's settings. 0 leaves them as they are.",
        "k");

    private readonly Option<bool> details = new("--details") { Description = "In JSON, also the place of the right one for each query." };
    private readonly FramesOption frames;
    private readonly OutputBinding output;
    private readonly ModelBinding model;

    public EvalRetrievalCommand(Terminal terminal)
        : base("retrieval", "Scores how images find their captions and captions their images: recall at 1, 5 and 10.")
    {
        this.terminal = terminal;
        annotations = new AnnotationsBinding(Add);
        foreach (var option in (Option[])[images, rerank, details])
            Add(option);
        frames = new FramesOption(this);
        output = new OutputBinding(this, ScoreReport.Formats, ["text", "json"]);
        model = new ModelBinding(this, DemoModel.Retrieval);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("The demo on its samples", "blip eval retrieval --annotations weights/samples/captions.json --images weights/samples --rerank 4"),
        ("MSR-VTT's test set, as BLIP's paper scores it",
            "blip eval retrieval --annotations msrvtt_test.jsonl --images videos --frames 8 --rerank 128 --model "
                + "Salesforce/blip-itm-base-coco"),
        ("Flickr30k's test set, as BLIP's paper scores it",
            "blip eval retrieval --annotations dataset_flickr30k.json --images flickr30k --rerank 128 --model "
                + "Salesforce/blip-itm-base-flickr"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        output.Check(parsed);
        var k = parsed.GetValue(rerank) ?? 0;
        if (k < 0)
            throw new UsageException("--rerank is below 0; give how many of each query are looked at again, or 0 for none.");
        var data = annotations.Load(parsed, terminal);
        if (!data.HasCaptions)
            throw new UsageException($"{data.Path} has no caption for an image to be found by.");
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var folder = Startup.Step(() => new ImageFolder(parsed.GetRequiredValue(images)));
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, data.Images.Count * (k > 0 ? 2 : 1), terminal.Columns);
        using var matcher = model.Load(parsed, terminal, progress, () => Matcher.Load(source, model.Options<MatcherOptions>(parsed)));
        ModelBinding.TellUnknown(terminal, matcher, data.Images.SelectMany(image => image.Captions));
        using var report = output.Profile(parsed, terminal, matcher);
        var (all, texts) = await EmbedAsync(matcher, data, cancellationToken);
        var (found, vectors) = await EmbedAsync(matcher, all, folder, frames.Of(parsed), progress, cancellationToken);
        progress.Clear();
        if (found.Count == 0)
            throw new UsageException("none of the images can be read: there is nothing to score.");
        var captions = found.SelectMany(image => image.Captions).ToList();
        var owners = found.SelectMany((image, i) => image.Captions.Select(_ => i)).ToList();
        var evaluation = new RetrievalEvaluation(vectors, [.. captions.Select(caption => texts[caption])], owners);
        var plain = evaluation.Score();
        var scores = k == 0 ? plain : evaluation.Rerank(k, Look);
        progress.Clear();
        if (found.Count < all.Count)
            terminal.Say($"{all.Count - found.Count} of {all.Count} images cannot be read: the scores are those of the others");
        ScoreReport.Write(output, parsed, terminal, Named(scores), ("images", found.Count, all.Count),
            parsed.GetValue(details) ? Details : null);
        return found.Count == all.Count ? ExitCodes.Success : ExitCodes.SomeFailed;

        // BLIP's score for reranking: the matching logit plus the dot product.
        IReadOnlyList<double> Look(int image, IReadOnlyList<int> texts)
        {
            var source = Source(folder, found[image], frames.Of(parsed));
            var matches = matcher.Match(
                source, [.. texts.Select(text => captions[text])], new MatchOptions { Reranking = true }, cancellationToken);
            progress.Advance();
            return [.. matches.Select(match => match.MatchLogit + match.Cosine)];
        }

        void Details(Utf8JsonWriter json)
        {
            for (var i = 0; i < found.Count; i++)
            {
                json.WriteStartObject();
                found[i].Id.Write(json, "image_id");
                json.WriteNumber("caption_rank", scores.ImageRanks[i]);
                json.WriteStartArray("image_ranks");
                for (var text = 0; text < captions.Count; text++)
                {
                    if (owners[text] == i)
                        json.WriteNumberValue(scores.TextRanks[text]);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }
    }

    private static ImageSource Source(ImageFolder folder, CaptionedImage image, int? frames) =>
        frames is { } wanted && image.FileName is { } name
        ? EvaluationBinding.Clip(folder, Path.GetFileNameWithoutExtension(name), wanted)
        : EvaluationBinding.Image(folder, image.FileName, image.Id);

    // A caption that the model cannot read is reported and skipped, with its image if it has no other.
    private async Task<(List<CaptionedImage> Images, Dictionary<string, float[]> Texts)> EmbedAsync(
        Matcher matcher, CaptionAnnotations data, CancellationToken cancellationToken)
    {
        var vectors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var texts = data.Images.SelectMany(image => image.Captions).Distinct(StringComparer.Ordinal);
        await foreach (var result in Startup.Step(() => matcher.Embedder.EmbedTextsAsync(texts, cancellationToken)))
        {
            if (result.Succeeded)
                vectors[result.Text] = result.Vector;
            else
                terminal.Say($"{data.Path}: {result.Error}");
        }
        var images = data.Images.Select(image => image with { Captions = [.. image.Captions.Where(vectors.ContainsKey)] })
            .Where(image => image.Captions.Count > 0).ToList();
        return images.Count > 0 ? (images, vectors) : throw new UsageException($"{data.Path}: the model can read none of the captions.");
    }

    private async Task<(List<CaptionedImage> Found, List<float[]> Vectors)> EmbedAsync(
        Matcher matcher, List<CaptionedImage> all, ImageFolder folder, int? clip, ProgressLine progress,
            CancellationToken cancellationToken)
    {
        var (found, vectors, next) = (new List<CaptionedImage>(), new List<float[]>(), 0);
        progress.Show();
        await foreach (var result in matcher.Embedder.EmbedImagesAsync(
            all.Select(image => Source(folder, image, clip)), cancellationToken))
        {
            progress.Clear();
            if (result.Succeeded)
            {
                found.Add(all[next]);
                vectors.Add(result.Vector);
            }
            else
            {
                terminal.Say(result.Error);
            }
            next++;
            progress.Advance();
        }
        return (found, vectors);
    }

    private static IEnumerable<KeyValuePair<string, double>> Named(RetrievalReport report)
    {
        foreach (var (name, recall) in ((string, Recall)[])[("image to text", report.ImageToText), ("text to image", report.TextToImage)])
        {
            yield return new($"{name}, recall@1", recall.At1 / 100);
            yield return new($"{name}, recall@5", recall.At5 / 100);
            yield return new($"{name}, recall@10", recall.At10 / 100);
        }
        yield return new("mean", report.Mean / 100);
    }
}
