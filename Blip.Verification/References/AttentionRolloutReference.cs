using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AttentionRolloutReference
{
    public static double[] Run(float[] probabilities, float[]? before, int rows, int heads, int tokens)
    {
        var after = new double[rows * tokens * tokens];
        for (var i = 0; i < after.Length; i++)
        {
            var (row, token, column) = (i / tokens / tokens, i / tokens % tokens, i % tokens);
            for (var j = 0; j < tokens; j++)
            {
                var mean = Enumerable.Range(0, heads)
                    .Average(head => (double)probabilities[(((((row * heads) + head) * tokens) + token) * tokens) + j]);
                after[i] += 0.5 * (mean + (j == token ? 1 : 0)) * (
                    before is null ? (j == column ? 1 : 0) : before[(((row * tokens) + j) * tokens) + column]);
            }
        }
        return after;
    }
}
