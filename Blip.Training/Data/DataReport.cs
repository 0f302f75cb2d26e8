using System.Globalization;
using Blip.Runtime.Tokenization;

namespace Blip.Training.Data;

/// <summary>The findings of a check of the training data. It is made while the data are read for the first time.</summary>
internal sealed class DataReport
{
    // Messages that are kept of each kind.
    private const int MostMessages = 10;

    private readonly List<string> messages = [];
    private readonly UnknownWords unknown = new();

    /// <summary>Images of the data set, including those without use.</summary>
    public long Samples { get; private set; }

    /// <summary>Images with texts that are learned from.</summary>
    public long UsableSamples { get; private set; }

    /// <summary>Pairs of an image and a text that are learned from.</summary>
    public long Items { get; private set; }

    /// <summary>Samples that are left out, since their image does not open or an entry is damaged.</summary>
    public long Failed { get; private set; }

    /// <summary>Texts that are left out, since nothing is left of them.</summary>
    public long EmptyTexts { get; private set; }

    /// <summary>Samples that are left out, since they have no text at all.</summary>
    public long WithoutText { get; private set; }

    /// <summary>Texts that are longer than the model reads; they are cut.</summary>
    public long CutTexts { get; private set; }

    /// <summary>Texts that had more words than are read; they are cut.</summary>
    public long ShortenedTexts { get; private set; }

    /// <summary>Samples whose image was there before, byte for byte.</summary>
    public long RepeatedImages { get; private set; }

    /// <summary>The errors of the first samples that failed.</summary>
    public IReadOnlyList<string> Messages => messages;

    /// <summary>The report in sentences, the worst first. One sentence where all is well.</summary>
    /// <param name="maxTokens">The most tokens of a text.</param>
    /// <param name="maxWords">The most words of a text.</param>
    public IReadOnlyList<string> Sentences(int maxTokens, int maxWords)
    {
        var sentences = new List<string> { $"{Count(Items, "pair")} of {Count(UsableSamples, "image")}" };
        if (Failed > 0)
            sentences.Add($"{Count(Failed, "sample")} of {Number(Samples)} cannot be used and {Are(Failed)} left out: {Messages[0]}");
        if (WithoutText > 0)
            sentences.Add($"{Count(WithoutText, "image")} without a text {Are(WithoutText)} left out");
        if (EmptyTexts > 0)
            sentences.Add($"{Count(EmptyTexts, "text")} {Are(EmptyTexts)} left out, since no word is left");
        if (ShortenedTexts > 0)
            sentences.Add($"{Share(ShortenedTexts, Items)} of the texts have more than {maxWords} words and are cut: MaxWords is how many are read");
        if (CutTexts > 0)
            sentences.Add($"{Share(CutTexts, Items)} of the texts are longer than {maxTokens} tokens and are cut");
        if (unknown.Any)
            sentences.Add(unknown.Notice());
        if (RepeatedImages > 0)
            sentences.Add($"{Share(RepeatedImages, UsableSamples)} of the images are copies of others, byte for byte");
        return sentences;
    }

    /// <summary>Takes note of a sample.</summary>
    internal void Add(CheckedSample sample)
    {
        Samples++;
        if (sample.Error is { } error)
        {
            Failed++;
            if (messages.Count < MostMessages)
                messages.Add(error);
            return;
        }
        EmptyTexts += sample.EmptyTexts;
        if (sample.UsableTexts.Count == 0)
        {
            WithoutText += sample.EmptyTexts == 0 ? 1 : 0;
            return;
        }
        UsableSamples++;
        Items += sample.UsableTexts.Count;
        CutTexts += sample.CutTexts;
        ShortenedTexts += sample.ShortenedTexts;
        RepeatedImages += sample.IsRepeated ? 1 : 0;
        unknown.Add(sample.UnknownWords);
    }

    private static string Are(long count) => count == 1 ? "is" : "are";

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Share(long part, long whole) => (part / (double)whole).ToString("P1", CultureInfo.InvariantCulture);
}

/// <summary>A check's finding about a sample.</summary>
/// <param name="Error">Why it is left out, with the name of the image; null where it can be used.</param>
/// <param name="UsableTexts">The places of its texts that are learned from.</param>
/// <param name="EmptyTexts">How many of its texts hold nothing.</param>
/// <param name="CutTexts">How many of its texts are too long.</param>
/// <param name="ShortenedTexts">How many of its texts have too many words.</param>
/// <param name="IsRepeated">Whether its image was there before.</param>
internal sealed record CheckedSample(
    string? Error, IReadOnlyList<int> UsableTexts, int EmptyTexts, int CutTexts, int ShortenedTexts, bool IsRepeated)
{
    /// <summary>A number that its image, its texts and its answers give.</summary>
    public ulong Content { get; init; }

    /// <summary>Words of its texts and answers that the model's vocabulary does not have.</summary>
    public IReadOnlyList<string> UnknownWords { get; init; } = [];
}
