using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AppendCacheReference
{
    /// <summary>For keys or values of <see cref="AppendCacheArgs"/>; the given cache stays unchanged.</summary>
    public static float[] Run(
        float[] source, int sourceStride, int sourceOffset, float[] cache, int capacity, int[] start, int[] writeRow, int rows, int tokens,
            int width)
    {
        float[] y = [.. cache];
        var cacheRows = cache.Length / capacity / width;
        for (var row = 0; row < rows; row++)
        {
            var to = writeRow.Length > 0 ? writeRow[row] : row;
            for (var token = 0; token < tokens; token++)
            {
                var position = (start.Length > 0 ? start[row] : 0) + token;
                if (to < 0 || to >= cacheRows || position < 0 || position >= capacity)
                    continue;
                for (var c = 0; c < width; c++)
                    y[(((to * capacity) + position) * width) + c] = source[(((row * tokens) + token) * sourceStride) + sourceOffset + c];
            }
        }
        return y;
    }
}
