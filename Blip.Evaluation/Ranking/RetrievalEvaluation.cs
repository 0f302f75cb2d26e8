using System.Numerics;
using System.Runtime.InteropServices;
using Blip.Runtime.Retrieval;

namespace Blip.Evaluation;

/// <summary>
/// Recall among images and captions, by vectors and with each query's first k reranked, as in BLIP's
/// evaluation (Li et al. 2022, section 5.1).
/// </summary>
public sealed class RetrievalEvaluation
{
    private readonly IReadOnlyList<float[]> images, texts;
    private readonly IReadOnlyList<int> imageOfText;
    private readonly List<int>[] textsOfImage;

    /// <summary>Evaluates vectors.</summary>
    /// <param name="images">The images' vectors, all of one length.</param>
    /// <param name="texts">The captions' vectors, of the same length.</param>
    /// <param name="imageOfText">The index of each caption's image.</param>
    /// <exception cref="ArgumentException">Sizes do not agree, or an image has no caption.</exception>
    public RetrievalEvaluation(IReadOnlyList<float[]> images, IReadOnlyList<float[]> texts, IReadOnlyList<int> imageOfText)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(imageOfText);
        if (images.Count == 0 || texts.Count != imageOfText.Count)
            throw new ArgumentException(
                $"There are {images.Count} images, {texts.Count} captions, and {imageOfText.Count} captions have an image.",
                nameof(imageOfText));
        if (images.Concat(texts).FirstOrDefault(vector => vector.Length != images[0].Length) is { } other)
            throw new ArgumentException($"A vector has {other.Length} elements, and the first one {images[0].Length}.", nameof(texts));
        (this.images, this.texts, this.imageOfText) = (images, texts, imageOfText);
        textsOfImage = [.. images.Select(_ => new List<int>())];
        for (var text = 0; text < texts.Count; text++)
        {
            if (imageOfText[text] < 0 || imageOfText[text] >= images.Count)
                throw new ArgumentException(
                    $"Caption {text} belongs to image {imageOfText[text]}, and there are images 0 to {images.Count - 1}.",
                    nameof(imageOfText));
            textsOfImage[imageOfText[text]].Add(text);
        }
        if (Array.FindIndex(textsOfImage, list => list.Count == 0) is >= 0 and var bare)
            throw new ArgumentException($"Image {bare} has no caption.", nameof(imageOfText));
    }

    /// <summary>Recall by dot products.</summary>
    public RetrievalReport Score() => new(Ranks(images, texts, RightTexts), Ranks(texts, images, RightImages));

    /// <summary>Recall with the first k of each query reranked.</summary>
    /// <param name="k">How many to rerank; published settings: 256 (COCO) and 128 (Flickr).</param>
    /// <param name="look">
    /// Scores captions of an image, higher for better; BLIP adds the matching logit and the dot product.
    /// Called once per image, for both directions, so that images are encoded once.
    /// </param>
    public RetrievalReport Rerank(int k, Func<int, IReadOnlyList<int>, IReadOnlyList<double>> look)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentNullException.ThrowIfNull(look);
        var (firstTexts, firstImages) = (First(images, texts, k), First(texts, images, k));
        var textScores = firstTexts.Select(list => new double[list.Length]).ToArray();
        var imageScores = firstImages.Select(list => new double[list.Length]).ToArray();
        var asking = Asking(firstImages);
        for (var image = 0; image < images.Count; image++)
        {
            var wanted = firstTexts[image].Concat(asking[image].Select(place => place.Text)).Distinct().Order().ToList();
            var scores = look(image, wanted);
            for (var i = 0; i < firstTexts[image].Length; i++)
                textScores[image][i] = scores[wanted.BinarySearch(firstTexts[image][i])];
            foreach (var (text, place) in asking[image])
                imageScores[text][place] = scores[wanted.BinarySearch(text)];
        }
        var plain = Score();
        return new RetrievalReport(
            [.. plain.ImageRanks.Select((rank, image) => NewRank(firstTexts[image], textScores[image], RightTexts(image), rank))],
            [.. plain.TextRanks.Select((rank, text) => NewRank(firstImages[text], imageScores[text], RightImages(text), rank))]);
    }

    private IReadOnlyList<int> RightTexts(int image) => textsOfImage[image];

    private IReadOnlyList<int> RightImages(int text) => [imageOfText[text]];

    // For each image: the captions that have it among their first, and its place there.
    private List<(int Text, int Place)>[] Asking(int[][] firstImages)
    {
        var asking = images.Select(_ => new List<(int, int)>()).ToArray();
        for (var text = 0; text < firstImages.Length; text++)
        {
            for (var place = 0; place < firstImages[text].Length; place++)
                asking[firstImages[text][place]].Add((text, place));
        }
        return asking;
    }

    // Right candidates beyond the first keep their rank.
    private static int NewRank(int[] first, double[] scores, IReadOnlyList<int> right, int rank)
    {
        var order = Enumerable.Range(0, first.Length).OrderByDescending(i => scores[i]).Select(i => first[i]);
        var found = Recall.Rank(order, right);
        return found == Recall.NotFound ? rank : found;
    }

    private static int[] Ranks(IReadOnlyList<float[]> queries, IReadOnlyList<float[]> candidates, Func<int, IReadOnlyList<int>> right)
    {
        var ranks = new int[queries.Count];
        Parallel.For(0, queries.Count, () => new float[candidates.Count], (query, _, scores) =>
        {
            Products(queries[query], candidates, scores);
            ranks[query] = Recall.Ranks(scores, 1, candidates.Count, [right(query)])[0];
            return scores;
        }, _ => { });
        return ranks;
    }

    private static int[][] First(IReadOnlyList<float[]> queries, IReadOnlyList<float[]> candidates, int k)
    {
        var first = new int[queries.Count][];
        Parallel.For(0, queries.Count, () => new float[candidates.Count], (query, _, scores) =>
        {
            Products(queries[query], candidates, scores);
            // Ties in the candidates' order, as Recall counts them.
            var order = Enumerable.Range(0, candidates.Count).ToArray();
            Array.Sort(order, (a, b) => scores[b].CompareTo(scores[a]) is var sign and not 0 ? sign : a.CompareTo(b));
            first[query] = order[..Math.Min(k, order.Length)];
            return scores;
        }, _ => { });
        return first;
    }

    private static void Products(float[] query, IReadOnlyList<float[]> candidates, float[] scores)
    {
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Product(query, candidates[i]);
    }

    private static float Product(float[] a, float[] b)
    {
        var left = MemoryMarshal.Cast<float, Vector<float>>(a);
        var right = MemoryMarshal.Cast<float, Vector<float>>(b);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < left.Length; i++)
            sums += left[i] * right[i];
        var sum = Vector.Sum(sums);
        for (var i = left.Length * Vector<float>.Count; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
