namespace Blip.Runtime.Retrieval;

/// <summary>Recall at 1, 5 and 10, as in papers on retrieval, in percent.</summary>
/// <param name="At1">Queries whose first answer is right.</param>
/// <param name="At5">Queries with a right answer among the first 5.</param>
/// <param name="At10">Queries with a right answer among the first 10.</param>
/// <param name="Queries">Number of queries.</param>
public sealed record Recall(double At1, double At5, double At10, int Queries)
{
    /// <summary>The rank of a query without a right answer.</summary>
    public const int NotFound = int.MaxValue;

    /// <summary>The mean of the three: <c>r_mean</c> of one direction in the authors' evaluation.</summary>
    public double Mean => (At1 + At5 + At10) / 3;

    /// <summary>Recall from the ranks of each query's best right answer.</summary>
    /// <param name="ranks">0 for the first place; <see cref="NotFound"/> for no right answer. Without queries every recall is NaN.</param>
    public static Recall Of(IReadOnlyCollection<int> ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        return new Recall(Share(1), Share(5), Share(10), ranks.Count);

        double Share(int first) => 100.0 * ranks.Count(rank => rank < first) / ranks.Count;
    }

    /// <summary>Recall in both directions, as in BLIP's <c>itm_eval</c>.</summary>
    /// <param name="imageToText"><c>[images, texts]</c>: each image's scores.</param>
    /// <param name="textToImage"><c>[texts, images]</c>: each text's scores, not the transpose if each direction is reranked.</param>
    /// <param name="imageOfText">The image of each text.</param>
    /// <param name="images">Number of images.</param>
    /// <exception cref="ArgumentException">The sizes differ, or an image has no text.</exception>
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
                throw new ArgumentException(
                    $"text {text} belongs to image {imageOfText[text]}, and there are images 0 to {images - 1}.", nameof(imageOfText));
            textsOfImage[imageOfText[text]].Add(text);
        }
        return (
            Of(Ranks(imageToText, images, texts, textsOfImage)),
            Of(Ranks(textToImage, texts, images, [.. imageOfText.Select(image => (int[])[image])])));
    }

    /// <summary>
    /// The rank of each query's best right candidate: how many score higher, or equally at a lower place. NaN comes last.
    /// </summary>
    /// <param name="scores"><c>[queries, candidates]</c>.</param>
    /// <param name="queries">Number of queries.</param>
    /// <param name="candidates">Candidates of each query.</param>
    /// <param name="right">Each query's right candidates, at least one.</param>
    /// <exception cref="ArgumentException">The sizes differ, or a query has no right candidate.</exception>
    public static int[] Ranks(ReadOnlySpan<float> scores, int queries, int candidates, IReadOnlyList<IReadOnlyCollection<int>> right)
    {
        ArgumentNullException.ThrowIfNull(right);
        if (scores.Length != (long)queries * candidates)
            throw new ArgumentException(
                $"scores holds {scores.Length} values; [{queries}, {candidates}] needs {(long)queries * candidates}.", nameof(scores));
        if (right.Count != queries)
            throw new ArgumentException($"right speaks of {right.Count} queries, scores of {queries}.", nameof(right));
        var ranks = new int[queries];
        for (var query = 0; query < queries; query++)
            ranks[query] = Rank(scores.Slice(query * candidates, candidates), right[query], query);
        return ranks;
    }

    /// <summary>The place of the first right entry in a ranking; <see cref="NotFound"/> for none.</summary>
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
                throw new ArgumentException(
                    $"query {query}: candidate {candidate} is right, and there are candidates 0 to {scores.Length - 1}.", nameof(right));
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
