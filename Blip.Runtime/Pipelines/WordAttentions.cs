using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>From the decoder's cross-attention to a map over the picture for each word.</summary>
internal static class WordAttentions
{
    /// <summary>
    /// The mean over layers, heads and a word's tokens, without the class token, scaled to 0 … 1 over the patches.
    /// The word at position t was chosen by the query at t - 1, so that is where it looked.
    /// </summary>
    public static List<WordAttention> Of(CrossAttention attention, int height, int width, IReadOnlyList<WordSpan> words)
    {
        if (attention.ImageTokens != 1 + (height * width))
            throw new ArgumentException($"{attention.ImageTokens} image tokens are not a class token and {height} × {width} patches.", nameof(attention));
        var maps = new List<WordAttention>(words.Count);
        foreach (var word in words)
        {
            var map = new float[height * width];
            for (var position = word.First; position < word.First + word.Count; position++)
                Add(map, attention, query: Math.Max(position - 1, 0));
            Scale(map);
            maps.Add(new WordAttention(word.Word, height, width, map));
        }
        return maps;
    }

    private static void Add(float[] map, CrossAttention attention, int query)
    {
        for (var layerHead = 0; layerHead < attention.Layers * attention.Heads; layerHead++)
        {
            var start = ((layerHead * attention.Tokens) + query) * attention.ImageTokens;
            var patches = attention.Probabilities.AsSpan(start, attention.ImageTokens)[1..];
            for (var i = 0; i < map.Length; i++)
                map[i] += patches[i];
        }
    }

    // Min-max scaling makes the mean's divisor superfluous. An even map says nothing: zero everywhere.
    private static void Scale(float[] map)
    {
        var (least, most) = (map.Min(), map.Max());
        for (var i = 0; i < map.Length; i++)
            map[i] = most > least ? (map[i] - least) / (most - least) : 0;
    }
}
