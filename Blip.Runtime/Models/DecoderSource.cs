using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>What a decoder's cross-attention looks at: images, or questions of different lengths.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Tokens">Tokens of each, padding included.</param>
/// <param name="KeysValues">A layer's keys and values <c>[rows, tokens, 2·hidden]</c>.</param>
/// <param name="Lengths">Tokens of each that are looked at; null for all.</param>
internal sealed record DecoderSource(int Rows, int Tokens, Func<int, ArrayView<float>> KeysValues, IReadOnlyList<int>? Lengths = null)
{
    /// <summary>1 for a token that is looked at <c>[rows, tokens]</c>, where each source has that many rows, one after the other.</summary>
    public int[] Mask(int rows, int beams) => Mask([.. Enumerable.Range(0, rows).Select(row => row / beams)]);

    /// <summary>1 for a token that is looked at <c>[rows, tokens]</c>, for rows of the given sources.</summary>
    public int[] Mask(ReadOnlySpan<int> sourceRow)
    {
        var mask = new int[sourceRow.Length * Tokens];
        for (var row = 0; row < sourceRow.Length; row++)
            mask.AsSpan(row * Tokens, Lengths is null ? Tokens : Lengths[sourceRow[row]]).Fill(1);
        return mask;
    }
}
