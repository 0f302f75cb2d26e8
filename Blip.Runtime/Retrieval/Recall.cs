namespace Blip.Runtime.Retrieval;

/// <summary>How often a right answer is among the first: recall at 1, 5 and 10, as papers on retrieval report it.</summary>
/// <param name="At1">Queries whose first answer is right, in percent.</param>
/// <param name="At5">Queries with a right one among the first 5.</param>
/// <param name="At10">Queries with a right one among the first 10.</param>
/// <param name="Queries">Number of queries.</param>
public sealed record Recall(double At1, double At5, double At10, int Queries)
{
    /// <summary>The rank of a query that nothing right was found for.</summary>
    public const int NotFound = int.MaxValue;

    /// <summary>The mean of the three: <c>r_mean</c> of one direction in the original's evaluation.</summary>
    public double Mean => (At1 + At5 + At10) / 3;

    /// <summary>Recall of queries whose best right answer has these ranks.</summary>
    /// <param name="ranks">0 for the first place; <see cref="NotFound"/> where nothing right was found. Without queries every recall is NaN.</param>
    public static Recall Of(IReadOnlyCollection<int> ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        return new Recall(Share(1), Share(5), Share(10), ranks.Count);

        double Share(int first) => 100.0 * ranks.Count(rank => rank < first) / ranks.Count;
    }

    /// <summary>Recall in both directions, as BLIP's <c>itm_eval</c> counts it.</summary>
    /// <param name="imageToText"><c>[images, texts]</c>: each image's score of each text.</param>
    /// <param name="textToImage"><c>[texts, images]</c>: each text's score of each image; not the other's transpose where each direction re-ranks its own first ones.</param>
    /// <param name="imageOfText">The image that each text describes.</param>
    /// <param name="images">Number of images.</param>
    /// <exception cref="ArgumentException">The sizes do not agree, or an image has no text.</exception>
    public static (Recall ImageToText, Recall TextToImage) Of(
        ReadOnlySpan<float> imageToText, ReadOnlySpan<float> textToImage, IReadOnlyList<int> imageOfText, int images)
    {
        ArgumentNullException.ThrowIfNull(imageOfText);
        var texts = imageOfText.Count;
        var textsOfImage = new List<int>[images];
        for (var image = 0; image < images; image++)
            textsOfImage[image] = [];
        for (var text = 0; text < texts; text++)
        {
            if (imageOfText[text] < 0 || imageOfText[text] >= images)
                throw new ArgumentException($"text {text} belongs to image {imageOfText[text]}, and there are images 0 to {images - 1}.", nameof(imageOfText));
            textsOfImage[imageOfText[text]].Add(text);
        }
        return (
            Of(Ranks(imageToText, images, texts, textsOfImage)),
            Of(Ranks(textToImage, texts, images, [.. imageOfText.Select(image => (int[])[image])])));
    }

    /// <summary>The rank of each query's best right candidate: how many score higher, or as high at a lower place. Scores that are NaN come last.</summary>
    /// <param name="scores"><c>[queries, candidates]</c>.</param>
    /// <param name="queries">Number of queries.</param>
    /// <param name="candidates">Candidates of each.</param>
    /// <param name="right">For each query the candidates that are right, one at least.</param>
    /// <exception cref="ArgumentException">The sizes do not agree, or a query has no right candidate.</exception>
    public static int[] Ranks(ReadOnlySpan<float> scores, int queries, int candidates, IReadOnlyList<IReadOnlyCollection<int>> right)
    {
        ArgumentNullException.ThrowIfNull(right);
        if (scores.Length != (long)queries * candidates)
            throw new ArgumentException($"scores holds {scores.Length} values; [{queries}, {candidates}] needs {(long)queries * candidates}.", nameof(scores));
        if (right.Count != queries)
            throw new ArgumentException($"right speaks of {right.Count} queries, scores of {queries}.", nameof(right));
        var ranks = new int[queries];
        for (var query = 0; query < queries; query++)
            ranks[query] = Rank(scores.Slice(query * candidates, candidates), right[query], query);
        return ranks;
    }

    /// <summary>The place of the first right one in a list, best first; <see cref="NotFound"/> where none is in it.</summary>
    /// <param name="ranking">The ranking, best first.</param>
    /// <param name="right">The right entries.</param>
    public static int Rank(IEnumerable<int> ranking, IReadOnlyCollection<int> right)
    {
        ArgumentNullException.ThrowIfNull(ranking);
        var rank = 0;
        foreach (var candidate in ranking)
        {
            if (right.Contains(candidate))
                return rank;
            rank++;
        }
        return NotFound;
    }

    private static int Rank(ReadOnlySpan<float> scores, IReadOnlyCollection<int> right, int query)
    {
        if (right.Count == 0)
            throw new ArgumentException($"query {query} has no right candidate.", nameof(right));
        var best = -1;
        foreach (var candidate in right)
        {
            if (candidate < 0 || candidate >= scores.Length)
                throw new ArgumentException($"query {query}: candidate {candidate} is right, and there are candidates 0 to {scores.Length - 1}.", nameof(right));
            if (best < 0 || Before(scores, candidate, best))
                best = candidate;
        }
        var rank = 0;
        for (var candidate = 0; candidate < scores.Length; candidate++)
            rank += Before(scores, candidate, best) ? 1 : 0;
        return rank;
    }

    private static bool Before(ReadOnlySpan<float> scores, int a, int b)
    {
        var (first, second) = (Number(scores[a]), Number(scores[b]));
        return first > second || (first == second && a < b);
    }

    private static float Number(float score) => float.IsNaN(score) ? float.NegativeInfinity : score;
}
