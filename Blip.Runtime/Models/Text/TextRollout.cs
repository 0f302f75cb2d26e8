namespace Blip.Runtime.Models;

/// <summary>Attention rollout (Abnar and Zuidema 2020, section 3) for a text with cross-attention.</summary>
internal static class TextRollout
{
    /// <summary>
    /// The share of each source token in each text token's state after the last layer. Each of a layer's two residual connections counts
    /// as half input, half attention. The rest of a row's sum of 1 belongs to the text itself.
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

    /// <summary>
    /// Continues from output tokens of the source's tower to its input tokens, by each input token's share in each output token
    /// <c>[source tokens, source tokens]</c>.
    /// </summary>
    public static CrossAttention Through(CrossAttention seen, float[] source) =>
        Compose(seen, new CrossAttention(1, 1, seen.ImageTokens, seen.ImageTokens, source));

    /// <summary>
    /// Composes attention of an answer over a question with attention of the question over an image; mean over layers and heads of both.
    /// </summary>
    /// <param name="words">The answer over the question; its source may have additional tokens, which are padding.</param>
    /// <param name="between">The question over the image.</param>
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
