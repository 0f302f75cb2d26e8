using System.IO.Hashing;
using System.Text;
using Blip.Datasets;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>Checks each sample before the first step: whether its image opens, its texts are empty, or its texts are cut.</summary>
/// <param name="countTokens">Counts a text's tokens, with [CLS] and [SEP]; null without a vocabulary.</param>
/// <param name="maxTokens">The most tokens that the model reads.</param>
/// <param name="limits">Image limits; null for the default.</param>
/// <param name="decode">False: only the image's header is read.</param>
internal sealed class DataCheck(
    Func<string, int>? countTokens = null, int maxTokens = int.MaxValue, bool decode = true, ImageDecoderOptions? limits = null)
{
    private readonly ByteGate memory = new(ByteGate.DefaultLimit);
    private readonly HashSet<ulong> images = [];

    /// <summary>Finds the words of a text that the vocabulary lacks; null looks for none.</summary>
    public Func<string, IReadOnlyList<string>>? UnknownWords { get; init; }

    public DataReport Report { get; } = new();

    /// <summary>The hash of an image file; copies share it.</summary>
    public static ulong ImageId(ReadOnlySpan<byte> file) => XxHash64.HashToUInt64(file);

    /// <summary>Looks at a sample. Any thread may call it; <see cref="Add"/> counts the copies.</summary>
    public (CheckedSample Sample, ulong Image) Look(string part, TrainingSample sample)
    {
        var usable = Enumerable.Range(0, sample.Texts.Count).Where(i => sample.Texts[i].Length > 0).ToList();
        var cut = countTokens is null ? 0 : usable.Count(i => countTokens(sample.Texts[i]) > maxTokens);
        var (error, image) = sample.Error is null ? Open(sample) : (sample.Error, 0UL);
        var message = error is null ? null : $"{part}: {sample.Key}: {error}";
        return (new CheckedSample(message, usable, sample.Texts.Count - usable.Count, cut, sample.CountShortened(), IsRepeated: false)
        {
            Content = ContentOf(image, sample),
            UnknownWords = UnknownWords is null
                ? []
                : [.. usable.Select(i => sample.Texts[i]).Concat(sample.Answers.Select(answer => answer.Text)).SelectMany(UnknownWords)],
        }, image);
    }

    /// <summary>Records findings, in the order of the samples.</summary>
    public CheckedSample Add((CheckedSample Sample, ulong Image) found)
    {
        var isUsed = found.Sample.Error is null && found.Sample.UsableTexts.Count > 0;
        var sample = found.Sample with { IsRepeated = isUsed && !images.Add(found.Image) };
        Report.Add(sample);
        return sample;
    }

    private static ulong ContentOf(ulong image, TrainingSample sample)
    {
        var hash = new XxHash64();
        hash.Append(BitConverter.GetBytes(image));
        if (sample.IsTrue is { } isTrue)
            hash.Append(BitConverter.GetBytes(isTrue));
        foreach (var text in sample.Texts.Concat(sample.Answers.Select(answer => answer.Text)))
        {
            hash.Append(Encoding.UTF8.GetBytes(text));
            hash.Append([0]);
        }
        return hash.GetCurrentHashAsUInt64();
    }

    // Two images share one hash: a pair is repeated only where both images are.
    private (string? Error, ulong Image) Open(TrainingSample sample)
    {
        if (sample.Image is not { } image)
            return ("It has no image.", 0);
        var first = Open(image);
        if (first.Error is not null || sample.Second is not { } second)
            return first;
        var other = Open(second);
        return (other.Error, XxHash64.HashToUInt64([.. BitConverter.GetBytes(first.Image), .. BitConverter.GetBytes(other.Image)]));
    }

    private (string? Error, ulong Image) Open(SampleImage image)
    {
        try
        {
            var file = image.Read();
            if (decode)
                memory.Do(ImageDecoder.MemoryOf(file, limits).Working, () => ImageDecoder.Decode(file, image.Path ?? image.Name, limits));
            else if (ImageDecoder.SizeOf(file) is null)
                return ($"{image.Path ?? image.Name}: this is no image.", 0);
            return (null, ImageId(file));
        }
        catch (Exception e) when (e is ImageException or IOException or UnauthorizedAccessException)
        {
            return (FailureReason.WithPath(e), 0);
        }
    }
}
