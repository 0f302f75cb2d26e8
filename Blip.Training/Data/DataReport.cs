using System.Globalization;
using Blip.Runtime.Tokenization;

namespace Blip.Training.Data;

/// <summary>The findings of the first reading of the training data.</summary>
internal sealed class DataReport
{
    // Most messages kept.
    private const int MostMessages = 10;

    private readonly List<string> messages = [];
    private readonly UnknownWords unknown = new();

    /// <summary>All images, with the unusable ones.</summary>
    public long Samples { get; private set; }

    /// <summary>Images with usable texts.</summary>
    public long UsableSamples { get; private set; }

    /// <summary>Usable pairs of an image and a text.</summary>
    public long Items { get; private set; }

    /// <summary>Samples left out: the image does not open or an entry is damaged.</summary>
    public long Failed { get; private set; }

    /// <summary>Texts left out, since they are empty after cleaning.</summary>
    public long EmptyTexts { get; private set; }

    /// <summary>Samples left out for lack of any text.</summary>
    public long WithoutText { get; private set; }

    /// <summary>Texts cut, since they have too many tokens.</summary>
    public long CutTexts { get; private set; }

    /// <summary>Texts cut, since they have too many words.</summary>
    public long ShortenedTexts { get; private set; }

    /// <summary>Samples whose image was there before, byte for byte.</summary>
    public long RepeatedImages { get; private set; }

    /// <summary>The first errors.</summary>
    public IReadOnlyList<string> Messages => messages;

    /// <summary>The report in sentences, the worst first. It is one sentence where all is well.</summary>
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
            sentences.Add($"{Share(ShortenedTexts, Items)} of the texts have more than {maxWords} words and are cut: MaxWords is how many "
                + $"are read");
        if (CutTexts > 0)
            sentences.Add($"{Share(CutTexts, Items)} of the texts are longer than {maxTokens} tokens and are cut");
        if (unknown.Any)
            sentences.Add(unknown.Notice());
        if (RepeatedImages > 0)
            sentences.Add($"{Share(RepeatedImages, UsableSamples)} of the images are copies of others, byte for byte");
        return sentences;
    }

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

/// <summary>The findings about one sample.</summary>
/// <param name="Error">Why it is left out, with the image's name; null where it is usable.</param>
/// <param name="UsableTexts">Indices of its usable texts.</param>
/// <param name="EmptyTexts">Texts that are empty.</param>
/// <param name="CutTexts">Texts with too many tokens.</param>
/// <param name="ShortenedTexts">Texts with too many words.</param>
/// <param name="IsRepeated">Whether its image was there before.</param>
internal sealed record CheckedSample(
    string? Error, IReadOnlyList<int> UsableTexts, int EmptyTexts, int CutTexts, int ShortenedTexts, bool IsRepeated)
{
    /// <summary>A hash of image, texts and answers.</summary>
    public ulong Content { get; init; }

    /// <summary>Words that the vocabulary lacks.</summary>
    public IReadOnlyList<string> UnknownWords { get; init; } = [];
}
