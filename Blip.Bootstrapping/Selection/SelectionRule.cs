using System.Text.RegularExpressions;
using Blip.Bootstrapping.Tables;

namespace Blip.Bootstrapping.Selection;

/// <summary>
/// The filter's rule of BLIP (arXiv 2201.12086, section 3.3) with the tests of <see cref="SelectionOptions"/>. Web and synthetic texts are
/// kept if the matching head accepts them; human texts without filtering. An instance finds duplicates among all its samples. It is not
/// thread-safe.
/// </summary>
/// <remarks>
/// The first reason that applies counts, in this order: error, side, aspect, duplicate-image, no-text, pattern, language, duplicate-text
/// within the image. Then come unscored, itm, itc, duplicate-text of an earlier image, rank. A human text is dropped only for an error or
/// if blank. It counts as the first holder of its image and text.
/// </remarks>
public sealed class SelectionRule
{
    private readonly SelectionOptions options;
    private readonly IReadOnlyList<Regex> drop;
    private readonly IReadOnlyList<Regex> keep;
    private readonly HashSet<UInt128> images = [];
    private readonly HashSet<UInt128> texts = [];

    /// <summary>Creates the rule.</summary>
    /// <param name="options">The tests.</param>
    /// <exception cref="ArgumentException">An option is out of range; the parameter is its property.</exception>
    public SelectionRule(SelectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        this.options = options;
        drop = SelectionOptions.Compile(options.DropPatterns, nameof(options.DropPatterns));
        keep = SelectionOptions.Compile(options.KeepPatterns, nameof(options.KeepPatterns));
    }

    /// <summary>Judges samples in sequence. The result depends on the candidates and their order alone.</summary>
    /// <param name="samples">The candidates of each image, in the data set's order.</param>
    /// <returns>The same candidates in order, with <see cref="Candidate.Kept"/> and <see cref="Candidate.Reason"/>.</returns>
    public IEnumerable<IReadOnlyList<Candidate>> Apply(IEnumerable<IReadOnlyList<Candidate>> samples)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return samples.Select(Apply);
    }

    /// <summary>Judges the candidates of one image.</summary>
    /// <param name="sample">All candidates of the image.</param>
    /// <returns>The same candidates in order.</returns>
    public IReadOnlyList<Candidate> Apply(IReadOnlyList<Candidate> sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var reasons = new string?[sample.Count];
        var hashes = new UInt128[sample.Count];
        var duplicate = IsDuplicateImage(sample);
        var own = new HashSet<UInt128>();
        foreach (var i in InOrder(sample))
        {
            var candidate = sample[i];
            if (!string.IsNullOrWhiteSpace(candidate.Text))
                hashes[i] = TextHash.Of(candidate.Text);
            reasons[i] = Judge(candidate, duplicate, hashes[i], own);
        }
        Rank(sample, reasons);
        for (var i = 0; options.DropDuplicateTexts && i < reasons.Length; i++)
        {
            if (reasons[i] is null or SelectionReasons.Human)
                texts.Add(hashes[i]);
        }
        return [.. sample.Select((candidate, i) => candidate with
        {
            Kept = reasons[i] is null or SelectionReasons.Human, Reason = reasons[i] ?? SelectionReasons.Kept,
        })];
    }

    // Human texts come first, since none replaces them, then web texts, which are older than captions.
    private static IEnumerable<int> InOrder(IReadOnlyList<Candidate> sample) => Enumerable.Range(0, sample.Count)
        .OrderBy(i => sample[i].Source switch
        {
            TextOrigin.Human => 0,
            TextOrigin.Web => 1,
            TextOrigin.Synthetic => 2,
            null => 3,
            _ => throw new ArgumentOutOfRangeException(nameof(sample), sample[i].Source, "There is no such origin of a text."),
        })
        .ThenBy(i => sample[i].Number);

    private string? Judge(Candidate candidate, bool duplicateImage, UInt128 hash, HashSet<UInt128> own)
    {
        var blank = string.IsNullOrWhiteSpace(candidate.Text);
        if (candidate.Error is not null)
            return SelectionReasons.Error;
        if (candidate.Source == TextOrigin.Human && !blank)
        {
            own.Add(hash);
            return SelectionReasons.Human;
        }
        return Image(candidate, duplicateImage)
            ?? (blank ? SelectionReasons.NoText : null)
            ?? Words(candidate.Text!)
            ?? (own.Add(hash) ? null : SelectionReasons.DuplicateText)
            ?? Scores(candidate)
            ?? (options.DropDuplicateTexts && texts.Contains(hash) ? SelectionReasons.DuplicateText : null);
    }

    private string? Image(Candidate candidate, bool duplicate)
    {
        double shorter = Math.Min(candidate.Width ?? 0, candidate.Height ?? 0);
        double longer = Math.Max(candidate.Width ?? 0, candidate.Height ?? 0);
        if (options.MinSide is { } side && shorter < side)
            return SelectionReasons.Side;
        if (options.MaxAspectRatio is { } ratio && !(shorter > 0 && longer / shorter <= ratio))
            return SelectionReasons.Aspect;
        return duplicate ? SelectionReasons.DuplicateImage : null;
    }

    private string? Words(string text)
    {
        if (drop.Any(pattern => pattern.IsMatch(text)))
            return SelectionReasons.Pattern;
        return keep.Count > 0 && !keep.Any(pattern => pattern.IsMatch(text)) ? SelectionReasons.Language : null;
    }

    private string? Scores(Candidate candidate)
    {
        var needed = (options.ItmThreshold is not null && !IsScore(candidate.Itm))
            || (options.ItcThreshold is not null && !IsScore(candidate.Itc))
            || (options.KeepTop is not null && !IsScore(RankScore(candidate)));
        if (needed)
            return SelectionReasons.Unscored;
        if (candidate.Itm < options.ItmThreshold)
            return SelectionReasons.Itm;
        return candidate.Itc < options.ItcThreshold ? SelectionReasons.Itc : null;
    }

    private void Rank(IReadOnlyList<Candidate> sample, string?[] reasons)
    {
        if (options.KeepTop is not { } places)
            return;
        // The sort is stable: among equals web comes before synthetic, then lower numbers.
        foreach (var i in InOrder(sample).Where(i => reasons[i] is null).OrderByDescending(i => RankScore(sample[i])).Skip(places))
            reasons[i] = SelectionReasons.Rank;
    }

    private bool IsDuplicateImage(IReadOnlyList<Candidate> sample)
    {
        if (!options.DropDuplicateImages)
            return false;
        var hash = sample.FirstOrDefault(candidate => candidate is { Error: null, ImageHash: not null })?.ImageHash;
        return hash is not null && !images.Add(TextHash.OfImage(hash));
    }

    private double? RankScore(Candidate candidate) => options.RankBy switch
    {
        RankBy.Itm => candidate.Itm,
        RankBy.Itc => candidate.Itc,
        _ => throw new InvalidOperationException($"There is no rank by {options.RankBy}."),
    };

    private static bool IsScore(double? value) => value is { } score && !double.IsNaN(score);
}
