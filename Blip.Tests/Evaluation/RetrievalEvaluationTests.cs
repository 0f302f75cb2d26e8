using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>Recall over made-up vectors, against a plain count.</summary>
public class RetrievalEvaluationTests
{
    private const int Width = 11;

    // Whole numbers: their products are exact, and their ties are, too.
    private static readonly Gen<float[]> Vector = Gen.Int[-8, 8].Select(number => (float)number).Array[Width];

    private static readonly Gen<(float[][] Images, float[][] Texts, int[] Owners)> Sets =
        from images in Vector.Array[1, 8]
        from more in Gen.Int[0, images.Length - 1].Array[0, 12]
        let owners = Enumerable.Range(0, images.Length).Concat(more).ToArray()
        from texts in Vector.Array[owners.Length]
        select (images, texts, owners);

    [Fact]
    public void Ranks_are_those_of_a_plain_count() => Sets.Sample(set =>
    {
        var report = new RetrievalEvaluation(set.Images, set.Texts, set.Owners).Score();
        for (var text = 0; text < set.Texts.Length; text++)
        {
            var own = Product(set.Texts[text], set.Images[set.Owners[text]]);
            var better = set.Images.Count(image => Product(set.Texts[text], image) > own);
            var atLeast = set.Images.Count(image => Product(set.Texts[text], image) >= own) - 1;
            Assert.InRange(report.TextRanks[text], better, atLeast);
        }
        for (var image = 0; image < set.Images.Length; image++)
        {
            var own = Enumerable.Range(0, set.Owners.Length).Where(text => set.Owners[text] == image)
                .Max(text => Product(set.Texts[text], set.Images[image]));
            Assert.InRange(
                report.ImageRanks[image],
                set.Texts.Count(text => Product(text, set.Images[image]) > own),
                set.Texts.Count(text => Product(text, set.Images[image]) >= own) - 1);
        }
    }, iter: 300);

    [Fact]
    public void A_second_look_by_the_same_scores_changes_nothing_and_a_perfect_one_finds_what_it_sees() =>
        Gen.Select(Sets, Gen.Int[1, 20]).Sample((set, k) =>
        {
            var evaluation = new RetrievalEvaluation(set.Images, set.Texts, set.Owners);
            var plain = evaluation.Score();
            var seen = new List<int>();
            var same = evaluation.Rerank(k, (image, texts) =>
            {
                seen.Add(image);
                Assert.Equal(texts.Distinct().Order(), texts);
                return [.. texts.Select(text => Product(set.Images[image], set.Texts[text]))];
            });
            var perfect = evaluation.Rerank(k, (image, texts) => [.. texts.Select(text => set.Owners[text] == image ? 1.0 : 0)]);

            Assert.Equal(Enumerable.Range(0, set.Images.Length), seen);
            Assert.Equal(plain.ImageRanks, same.ImageRanks);
            Assert.Equal(plain.TextRanks, same.TextRanks);
            Assert.Equal(plain.ImageRanks.Select(rank => rank < k ? 0 : rank), perfect.ImageRanks);
            Assert.Equal(plain.TextRanks.Select(rank => rank < k ? 0 : rank), perfect.TextRanks);
        }, iter: 300);

    [Fact]
    public void Vectors_that_do_not_belong_together_are_refused()
    {
        float[][] two = [new float[3], new float[3]];

        Assert.Contains("Image 1 has no caption", Assert.Throws<ArgumentException>(() => new RetrievalEvaluation(two, two, [0, 0])).Message,
            StringComparison.Ordinal);
        Assert.Contains("belongs to image 2", Assert.Throws<ArgumentException>(() => new RetrievalEvaluation(two, two, [0, 2])).Message,
            StringComparison.Ordinal);
        Assert.Contains("4 elements", Assert.Throws<ArgumentException>(
            () => new RetrievalEvaluation(two, [new float[3], new float[4]], [0, 1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new RetrievalEvaluation([], [], []));
    }

    private static double Product(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
}
