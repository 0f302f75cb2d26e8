namespace Blip.Runtime.Models;

/// <summary>Attention rollout (Abnar and Zuidema 2020, section 3) where a text looks at something else, layer by layer.</summary>
internal static class TextRollout
{
    /// <summary>
    /// How much of each token of the source is in each word's state behind the last layer, if each of a layer's two residual connections is half
    /// its input and half its attention. The rest of a row's sum of 1 is the text's own.
    /// </summary>
    /// <param name="cross">Weights over the source.</param>
    /// <param name="own">Weights over the text's own tokens <c>[layers, heads, tokens, tokens]</c>.</param>
    /// <returns>One layer and head: <c>[tokens, source tokens]</c>.</returns>
    public static CrossAttention Of(CrossAttention cross, float[] own)
    {
        var (tokens, sources) = (cross.Tokens, cross.ImageTokens);
        var seen = new double[tokens, sources];
        for (var layer = 0; layer < cross.Layers; layer++)
        {
            var mixed = new double[tokens, sources];
            for (var t = 0; t < tokens; t++)
            {
                for (var s = 0; s < sources; s++)
                    mixed[t, s] = seen[t, s] / 2;
                for (var other = 0; other < tokens; other++)
                {
                    var share = Mean(own, cross.Heads, layer, t, other, tokens, tokens) / 2;
                    for (var s = 0; s < sources; s++)
                        mixed[t, s] += share * seen[other, s];
                }
                for (var s = 0; s < sources; s++)
                    mixed[t, s] = (mixed[t, s] + Mean(cross.Probabilities, cross.Heads, layer, t, s, tokens, sources)) / 2;
            }
            seen = mixed;
        }
        return cross with { Layers = 1, Heads = 1, Probabilities = [.. seen.Cast<double>().Select(share => (float)share)] };
    }

    /// <summary>From tokens behind a source's tower to those before it.</summary>
    /// <param name="seen">How much of each token behind it is in each word.</param>
    /// <param name="source">How much of each token before it is in each token behind it <c>[source tokens, source tokens]</c>.</param>
    public static CrossAttention Through(CrossAttention seen, float[] source) => Compose(seen, new CrossAttention(1, 1, seen.ImageTokens, seen.ImageTokens, source));

    /// <summary>
    /// Attention through attention: the words of an answer at the tokens of a question, and those at an image. Mean of layers and
    /// heads on both sides.
    /// </summary>
    /// <param name="words">The words over the tokens between; there may be more of these, which are padding.</param>
    /// <param name="between">The tokens between over the image.</param>
    public static CrossAttention Compose(CrossAttention words, CrossAttention between)
    {
        var result = new float[words.Tokens * between.ImageTokens];
        for (var t = 0; t < words.Tokens; t++)
        {
            var row = new double[between.ImageTokens];
            for (var m = 0; m < between.Tokens; m++)
            {
                var share = Mean(words, t, m);
                for (var s = 0; s < row.Length; s++)
                    row[s] += share * Mean(between, m, s);
            }
            for (var s = 0; s < row.Length; s++)
                result[(t * row.Length) + s] = (float)row[s];
        }
        return new CrossAttention(1, 1, words.Tokens, between.ImageTokens, result);
    }

    private static double Mean(CrossAttention attention, int token, int source)
    {
        var sum = 0.0;
        for (var layer = 0; layer < attention.Layers; layer++)
            sum += Mean(attention.Probabilities, attention.Heads, layer, token, source, attention.Tokens, attention.ImageTokens);
        return sum / attention.Layers;
    }

    private static double Mean(float[] weights, int heads, int layer, int token, int source, int tokens, int sources)
    {
        var sum = 0.0;
        for (var head = 0; head < heads; head++)
            sum += weights[(((((long)layer * heads) + head) * tokens) + token) * sources + source];
        return sum / heads;
    }
}
