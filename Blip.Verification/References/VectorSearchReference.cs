using Blip.Kernels;

namespace Blip.Verification.References;

internal static class VectorSearchReference
{
    public static SearchHit[] Run(float[] vectors, byte[] leftOut, int count, int dimension, ReadOnlySpan<float> query, int k)
    {
        var hits = new List<SearchHit>();
        for (var row = 0; row < count; row++)
        {
            var score = 0.0;
            for (var i = 0; i < dimension; i++)
                score += (double)vectors[((long)row * dimension) + i] * query[i];
            if (leftOut.Length == 0 || leftOut[row] == 0)
                hits.Add(new SearchHit(row, score));
        }
        return [.. hits.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Position).Take(k)];
    }
}
