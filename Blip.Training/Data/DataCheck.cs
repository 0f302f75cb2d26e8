using System.IO.Hashing;
using System.Text;
using Blip.Datasets;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Training.Data;

/// <summary>
/// Looks at each sample before the first step: whether its image opens, whether its texts hold anything, how many are cut.
/// </summary>
/// <param name="countTokens">The tokens of a text, [CLS] and [SEP] among them; null for a model without a vocabulary.</param>
/// <param name="maxTokens">The most tokens that the model reads.</param>
/// <param name="limits">How large an image may be; null for the default.</param>
/// <param name="decode">True: every image is decoded whole. False: its header alone is read.</param>
internal sealed class DataCheck(
    Func<string, int>? countTokens = null, int maxTokens = int.MaxValue, bool decode = true, ImageDecoderOptions? limits = null)
{
    private readonly ByteGate memory = new(ByteGate.DefaultLimit);
    private readonly HashSet<ulong> images = [];

    /// <summary>The words of a text that the model's vocabulary does not have; null looks for none.</summary>
    public Func<string, IReadOnlyList<string>>? UnknownWords { get; init; }

    /// <summary>The findings so far.</summary>
    public DataReport Report { get; } = new();

    /// <summary>The number of an image: copies of it have the same, wherever they lie.</summary>
    public static ulong ImageId(ReadOnlySpan<byte> file) => XxHash64.HashToUInt64(file);

    /// <summary>Looks at a sample. On any thread.</summary>
    /// <param name="part">The name of its part of the data set, for messages.</param>
    /// <param name="sample">The sample.</param>
    /// <returns>The findings, and the image's number; the copies are counted by <see cref="Add"/>.</returns>
    public (CheckedSample Sample, ulong Image) Look(string part, TrainingSample sample)
    {
        var usable = Enumerable.Range(0, sample.Texts.Count).Where(i => sample.Texts[i].Length > 0).ToList();
        var cut = countTokens is null ? 0 : usable.Count(i => countTokens(sample.Texts[i]) > maxTokens);
        var (error, image) = sample.Error is null ? Open(sample) : (sample.Error, 0UL);
        var message = error is null ? null : $"{part}: {sample.Key}: {error}";
        return (new CheckedSample(message, usable, sample.Texts.Count - usable.Count, cut, sample.CountShortened(), IsRepeated: false)
        {
            Content = ContentOf(image, sample),
            UnknownWords = UnknownWords is null ? [] : [.. usable.Select(i => sample.Texts[i]).Concat(sample.Answers.Select(answer => answer.Text)).SelectMany(UnknownWords)],
        }, image);
    }

    /// <summary>Takes note of findings. In the order of the samples.</summary>
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

    // Two images have one number together: a pair is repeated where both are.
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
            return (e.Message, 0);
        }
    }
}
