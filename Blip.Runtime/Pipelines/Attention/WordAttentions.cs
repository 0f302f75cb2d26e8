using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>Turns the attention of tokens into a map for each word.</summary>
internal static class WordAttentions
{
    /// <summary>Offset of a decoder: the query at t - 1 chose the word at t.</summary>
    public const int Written = 1;

    /// <summary>Offset of an encoder: a word has its own query.</summary>
    public const int Read = 0;

    /// <summary>
    /// The map of each word of a text. With a rollout, <paramref name="image"/> is the share of each patch in each image token; else null.
    /// </summary>
    public static List<WordAttention> Of(PipelineHost host, CrossAttention attention, float[]? image, IReadOnlyList<int> tokens, int ahead)
    {
        var patch = host.Source.Config.Vision.PatchSize;
        var seen = image is null ? attention : TextRollout.Through(attention, image);
        return Of(seen, host.Preprocessor.Processing.Height / patch, host.Preprocessor.Processing.Width / patch,
            WordSpan.Of(Pieces(host, tokens)), ahead);
    }

    /// <summary>The mean over layers, heads and a word's tokens, without the class token, scaled to 0 … 1 over the patches.</summary>
    public static List<WordAttention> Of(
        CrossAttention attention, int height, int width, IReadOnlyList<WordSpan> words, int ahead = Written)
    {
        if (attention.ImageTokens != 1 + (height * width))
            throw new ArgumentException(
                $"{attention.ImageTokens} image tokens are not a class token and {height} × {width} patches.", nameof(attention));
        var maps = new List<WordAttention>(words.Count);
        foreach (var word in words)
        {
            var map = new float[height * width];
            for (var position = word.First; position < word.First + word.Count; position++)
                Add(map, attention, query: Math.Max(position - ahead, 0));
            var sum = Scale(map);
            var parts = attention.Layers * attention.Heads * word.Count;
            maps.Add(new WordAttention(word.Word, height, width, map) { Range = new HeatRange(sum.Coldest / parts, sum.Hottest / parts) });
        }
        return maps;
    }

    private static string[] Pieces(PipelineHost host, IReadOnlyList<int> tokens) =>
        [.. tokens.Select((token, position) => host.Tokenizer is { } tokenizer
        ? tokenizer.Piece(token, skipSpecial: true, first: false)
        : position == 0 || token == host.Source.Config.Text.SepTokenId ? "" : $" {token}")];

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

    // An even map is zero everywhere.
    private static HeatRange Scale(float[] map)
    {
        var (least, most) = (map.Min(), map.Max());
        for (var i = 0; i < map.Length; i++)
            map[i] = most > least ? (map[i] - least) / (most - least) : 0;
        return new HeatRange(least, most);
    }
}

/// <summary>A word and its tokens; the start token has position 0.</summary>
internal readonly record struct WordSpan(string Word, int First, int Count)
{
    /// <summary>Joins tokens to words. A piece has a leading space where a word begins, and is empty for a special token.</summary>
    public static List<WordSpan> Of(IReadOnlyList<string> pieces)
    {
        var words = new List<WordSpan>();
        for (var i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i];
            if (piece.Length == 0)
                continue;
            if (piece[0] != ' ' && words.Count > 0 && words[^1].First + words[^1].Count == i)
                words[^1] = words[^1] with { Word = words[^1].Word + piece, Count = words[^1].Count + 1 };
            else
                words.Add(new WordSpan(piece.TrimStart(' '), i, 1));
        }
        return words;
    }
}
