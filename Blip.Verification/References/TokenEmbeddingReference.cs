using Blip.Kernels;

namespace Blip.Verification.References;

internal static class TokenEmbeddingReference
{
    /// <summary>Takes the inputs of <see cref="TokenEmbeddingArgs"/>, the table as [vocabulary, hidden].</summary>
    public static double[] Run(int[] ids, float[] table, float[] positions, int[] start, int tokens, int hidden)
    {
        var y = new double[ids.Length * hidden];
        for (var i = 0; i < ids.Length; i++)
        {
            var id = Math.Clamp(ids[i], 0, (table.Length / hidden) - 1);
            var position = Math.Clamp((start.Length > 0 ? start[i / tokens] : 0) + (i % tokens), 0, (positions.Length / hidden) - 1);
            for (var c = 0; c < hidden; c++)
                y[(i * hidden) + c] = (double)table[(id * hidden) + c] + positions[(position * hidden) + c];
        }
        return y;
    }
}
