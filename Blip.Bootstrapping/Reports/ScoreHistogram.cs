using System.Globalization;
using Blip.Bootstrapping.Tables;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Reports;

/// <summary>A score of candidates.</summary>
public enum ScoreKind
{
    /// <summary>The matching probability, 0 to 1.</summary>
    Itm,

    /// <summary>The cosine of image and text, -1 to 1.</summary>
    Itc,

    /// <summary>A synthetic caption's log-probability, -60 to 0; lower ones count as -60.</summary>
    LogProbability,
}

/// <summary>The distribution of candidates' scores by origin, for choosing a threshold. Its memory is constant.</summary>
public sealed class ScoreHistogram
{
    private static readonly TextOrigin[] Origins = [TextOrigin.Web, TextOrigin.Synthetic, TextOrigin.Human];

    private readonly long[][] counts;
    private readonly long[] above = new long[Origins.Length];

    /// <summary>Creates an empty histogram.</summary>
    /// <param name="kind">The score.</param>
    /// <param name="bins">The number of bins, 2 to 100.</param>
    /// <param name="threshold">The marked threshold; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The score is unknown, or a number is out of range.</exception>
    public ScoreHistogram(ScoreKind kind, int bins = 20, double? threshold = null)
    {
        (Minimum, Maximum) = kind switch
        {
            ScoreKind.Itm => (0, 1),
            ScoreKind.Itc => (-1, 1),
            ScoreKind.LogProbability => (-60, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such score."),
        };
        if (bins is < 2 or > 100)
            throw new ArgumentOutOfRangeException(nameof(bins), bins, "A histogram has 2 to 100 bins.");
        if (threshold is { } value && !(value >= Minimum && value <= Maximum))
            throw new ArgumentOutOfRangeException(nameof(threshold), value, $"The threshold is to be {Minimum} to {Maximum}.");
        (Kind, Bins, Threshold) = (kind, bins, threshold);
        counts = [.. Origins.Select(_ => new long[bins])];
    }

    /// <summary>The score.</summary>
    public ScoreKind Kind { get; }

    /// <summary>The number of bins.</summary>
    public int Bins { get; }

    /// <summary>The marked threshold; null for none.</summary>
    public double? Threshold { get; }

    /// <summary>The first bin's start.</summary>
    public double Minimum { get; }

    /// <summary>The last bin's end, inclusive.</summary>
    public double Maximum { get; }

    /// <summary>Texts without this score.</summary>
    public long Unscored { get; private set; }

    /// <summary>Counts a candidate with a text.</summary>
    /// <param name="candidate">The candidate.</param>
    public void Add(Candidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        if (candidate.Source is not { } origin || candidate.Text is null)
            return;
        if (ScoreOf(candidate) is not { } score || double.IsNaN(score))
        {
            Unscored++;
            return;
        }
        var place = Array.IndexOf(Origins, origin);
        counts[place][BinOf(score)]++;
        if (score >= Threshold)
            above[place]++;
    }

    /// <summary>An origin's texts in each bin.</summary>
    /// <param name="origin">The origin.</param>
    public IReadOnlyList<long> Counts(TextOrigin origin) => counts[Place(origin)];

    /// <summary>An origin's scored texts.</summary>
    /// <param name="origin">The origin.</param>
    public long Total(TextOrigin origin) => counts[Place(origin)].Sum();

    /// <summary>An origin's texts at or above the threshold; 0 without one.</summary>
    /// <param name="origin">The origin.</param>
    public long Above(TextOrigin origin) => above[Place(origin)];

    /// <summary>Draws the histogram in characters: a line for each bin, then one for each origin.</summary>
    /// <param name="columns">The terminal's width, at least 40.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are too few columns.</exception>
    public string ToText(int columns = 80) => HistogramText.Draw(this, columns);

    /// <summary>Draws the histogram as a PNG file; an existing one is overwritten.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public void ToPng(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var image = HistogramImage.Draw(this);
        ReplacedFile.Write(path, file => file.Write(image));
    }

    internal IReadOnlyList<TextOrigin> Used => [.. Origins.Where(origin => Total(origin) > 0)];

    /// <summary>All origins' texts in the fullest bin.</summary>
    internal long Highest => Enumerable.Range(0, Bins).Max(bin => counts.Sum(origin => origin[bin]));

    internal string Label => Kind switch
    {
        ScoreKind.Itm => "matching probability (ITM)",
        ScoreKind.Itc => "cosine of image and text (ITC)",
        ScoreKind.LogProbability => "log-probability of the caption",
        _ => throw new InvalidOperationException($"There is no score {Kind}."),
    };

    internal double Start(int bin) => Minimum + (Maximum - Minimum) * bin / Bins;

    /// <summary>The bin of a score; scores out of range belong to the nearest.</summary>
    internal int BinOf(double score) => (int)Math.Clamp((score - Minimum) / (Maximum - Minimum) * Bins, 0, Bins - 1);

    internal string Number(double value) =>
        value.ToString(Kind == ScoreKind.LogProbability ? "0.#" : "0.00", CultureInfo.InvariantCulture);

    private double? ScoreOf(Candidate candidate) => Kind switch
    {
        ScoreKind.Itm => candidate.Itm,
        ScoreKind.Itc => candidate.Itc,
        ScoreKind.LogProbability => candidate.LogProbability,
        _ => throw new InvalidOperationException($"There is no score {Kind}."),
    };

    private static int Place(TextOrigin origin) => Array.IndexOf(Origins, origin) is >= 0 and var place
        ? place
        : throw new ArgumentOutOfRangeException(nameof(origin), origin, "There is no such origin of a text.");
}
