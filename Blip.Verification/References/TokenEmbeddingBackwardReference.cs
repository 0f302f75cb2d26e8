using Blip.Kernels;

namespace Blip.Verification.References;

internal static class TokenEmbeddingBackwardReference
{
    /// <summary>The words' gradient [hidden, vocabulary], and the positions' [positions, hidden].</summary>
    public static (double[] Words, double[] Positions) Run(
        int[] ids, int[] start, float[] dy, int tokens, int hidden, int vocabulary, int positions)
    {
        var (words, places) = (new double[hidden * vocabulary], new double[positions * hidden]);
        for (var i = 0; i < ids.Length; i++)
        {
            var id = Math.Clamp(ids[i], 0, vocabulary - 1);
            var position = Math.Clamp((start.Length > 0 ? start[i / tokens] : 0) + (i % tokens), 0, positions - 1);
            for (var c = 0; c < hidden; c++)
            {
                words[(c * vocabulary) + id] += dy[(i * hidden) + c];
                places[(position * hidden) + c] += dy[(i * hidden) + c];
            }
        }
        return (words, places);
    }
}
