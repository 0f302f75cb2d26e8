using System.Diagnostics;
using System.Security.Cryptography;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Tokenization;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Captioner and filter over the same decoded images, on one device (BLIP, arXiv 2201.12086, section 3.3). The captioner writes texts; the
/// filter judges them and the image's texts. Models with the same image encoder encode an image once. An image's results are the same as
/// alone, bit for bit.
/// </summary>
/// <example>
/// <code>
/// using var capfilt = CapFilt.Load(ModelSource.Resolve("captioner"), ModelSource.Resolve("filter"));
/// var result = capfilt.Run([new CapFiltImage("a.jpg", ImageDecoder.Decode("a.jpg"), ["a dog on a beach"], Stream: 0)])[0];
/// </code>
/// </example>
public sealed class CapFilt : IDisposable
{
    private readonly Captioner captioner;
    private readonly Matcher filter;
    private readonly CapFiltOptions options;
    private readonly CaptionPlan? plan;
    private readonly MatchOptions matching;
    private readonly int promptTokens;
    private long captionTicks, filterTicks;

    private CapFilt(Captioner captioner, Matcher filter, CapFiltOptions options, bool sharesEncoder)
    {
        (this.captioner, this.filter, this.options, SharesEncoder) = (captioner, filter, options, sharesEncoder);
        matching = new MatchOptions { EncoderToken = options.EncoderToken, MaxTextTokens = options.MaxTextTokens };
        plan = options.CaptionsPerImage == 0 ? null : captioner.Plan(new CaptionOptions
        {
            Generation = options.Generation with { NumReturnSequences = options.CaptionsPerImage },
            Prompt = options.Prompt ?? "",
            KeepPrompt = false,
        });
        promptTokens = plan?.Prompt(ImageSource.FromBytes([])).Length ?? 0;
    }

    /// <summary>Where both run.</summary>
    public DeviceDescription DeviceDescription => captioner.DeviceDescription;

    /// <summary>Images in a batch.</summary>
    public int BatchSize => captioner.Host.BatchSize;

    /// <summary>Whether an image is encoded once for both models.</summary>
    public bool SharesEncoder { get; }

    /// <summary>Notices from loading that are no errors.</summary>
    public IReadOnlyList<string> Notices => [.. captioner.Notices.Concat(filter.Notices).Distinct()];

    /// <summary>The captioner's time so far, with the encoding of images.</summary>
    public TimeSpan CaptionTime => Stopwatch.GetElapsedTime(0, captionTicks);

    /// <summary>The filter's time so far.</summary>
    public TimeSpan FilterTime => Stopwatch.GetElapsedTime(0, filterTicks);

    /// <summary>Loads both models onto one device.</summary>
    internal static CapFilt Load(ModelSource captioner, ModelSource filter, CapFiltOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(captioner);
        ArgumentNullException.ThrowIfNull(filter);
        options ??= new CapFiltOptions();
        options.Validate();
        (captioner, filter) = (captioner.WithAdapter(options.CaptionerAdapter), filter.WithAdapter(options.FilterAdapter));
        var writer = PipelineHost.Open(captioner, options, host => new Captioner(host, options));
        Matcher? judge = null;
        try
        {
            judge = writer.Host.OpenBeside(filter, options, host => new Matcher(host, options));
            foreach (var (model, source) in ((Pipeline, ModelSource)[])[(writer, captioner), (judge, filter)])
            {
                if (!model.HasVocabulary)
                    throw new ArgumentException(
                        $"{source.Name} has no vocabulary to turn words into tokens: give a VocabularyFile.", nameof(options));
            }
            return new CapFilt(writer, judge, options, options.SharesEncoder && SharedEncoder.Is(captioner, filter));
        }
        catch
        {
            judge?.Dispose();
            writer.Dispose();
            throw;
        }
    }

    /// <summary>A hash in hexadecimal digits, equal for the same weights, precision, image preparation and vocabulary.</summary>
    internal static string Fingerprint(ModelSource model, CapFiltOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(EmbeddingIdentity.Of(model, options).Fingerprint);
        if ((options.VocabularyFile ?? model.VocabularyFile) is { } vocabulary)
            hash.AppendData(File.ReadAllBytes(vocabulary));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Captions and judges a batch. One thread at a time.</summary>
    /// <param name="batch">The images; <see cref="BatchSize"/> of them fill the device.</param>
    /// <returns>A result for each image, in order.</returns>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public IReadOnlyList<CapFiltResult> Run(IReadOnlyList<CapFiltImage> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return batch.Count == 0 ? [] : captioner.InTurn(() => RunInTurn(batch), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        filter.Dispose();
        captioner.Dispose();
    }

    private CapFiltResult[] RunInTurn(IReadOnlyList<CapFiltImage> batch)
    {
        DecodedImage[] images =
            [.. batch.Select(image => new DecodedImage(ImageSource.FromPixels(image.Image, image.Name), image.Image, null))];
        var captions = new CaptionResult?[batch.Count];
        if (plan is not null)
        {
            var start = Stopwatch.GetTimestamp();
            (captions, var encoded) = captioner.RunInTurn(
                images, plan, [.. batch.Select(image => image.Stream)], CancellationToken.None);
            if (SharesEncoder)
                images = Adopt(images, encoded);
            captionTicks += Stopwatch.GetTimestamp() - start;
        }
        var begin = Stopwatch.GetTimestamp();
        var scores = Judge(batch, images, captions);
        filterTicks += Stopwatch.GetTimestamp() - begin;
        return scores;
    }

    private DecodedImage[] Adopt(DecodedImage[] images, EncodedImage?[] encoded)
    {
        if (Array.Find(encoded, image => image is not null) is not { } any)
            return images;
        var states = filter.AdoptInTurn(any.States);
        return [.. images.Zip(
            encoded, (image, known) => known is { } there ? image with { Encoded = new EncodedImage(states, there.Image) } : image)];
    }

    private CapFiltResult[] Judge(IReadOnlyList<CapFiltImage> batch, DecodedImage[] images, CaptionResult?[] captions)
    {
        var read = batch.Select(
            (image, i) => image.Texts.Concat(Written(captions[i]).Select(caption => caption.Text!)).Select(Read).ToList()).ToList();
        // An image without texts still shows whether it can be used.
        var judged = filter.RunInTurn(
            [.. images.Select((image, i) => (image, (IReadOnlyList<string>)[.. read[i].Where(text => text.Length > 0)]))], matching);
        return [.. batch.Select((image, i) => Result(image, captions[i], read[i], judged[i]))];
    }

    private CapFiltResult Result(CapFiltImage image, CaptionResult? captions, List<string> read, MatchResult judged)
    {
        if (captions is { Succeeded: false } || !judged.Succeeded)
            return new CapFiltResult([], [], captions?.Error ?? judged.Error);
        var scores = new Queue<Match>(judged.Matches);
        var all = read.ConvertAll(text => text.Length > 0 ? scores.Dequeue() : null);
        return new CapFiltResult(
            [.. image.Texts.Select((text, i) => new CapFiltText(text, all[i]?.MatchProbability, all[i]?.Cosine))],
            [.. Written(captions).Zip(all.Skip(image.Texts.Count), (caption, score) =>
                new CapFiltText(caption.Text!, score?.MatchProbability, score?.Cosine, LogProbability(caption)))]);
    }

    // A score is the sum of log-probabilities over a power of the number of generated tokens.
    private double LogProbability(Caption caption) =>
        caption.Score * Math.Pow(caption.Tokens.Count - promptTokens, options.Generation.LengthPenalty);

    private static IEnumerable<Caption> Written(CaptionResult? result) => result?.Caption?.All ?? [];

    private string Read(string text) => options.CleanTexts ? CaptionCleaning.Clean(text) : text.Trim();
}
