using Blip.Kernels;

namespace Blip.Verification.References;

internal static class SelectTokenReference
{
    public static float[] Run(float[] x, int[] index, int rows, int tokens, int width, int offset)
    {
        var y = new float[rows * width];
        for (var row = 0; row < rows; row++)
        {
            var token = Math.Clamp((index.Length > 0 ? index[row] : 0) + offset, 0, tokens - 1);
            for (var c = 0; c < width; c++)
                y[(row * width) + c] = x[(((row * tokens) + token) * width) + c];
        }
        return y;
    }
}
