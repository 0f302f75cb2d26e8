using Blip.Kernels;

namespace Blip.Verification.References;

internal static class SelectTokenBackwardReference
{
    public static float[] Run(float[] dy, int[] index, int rows, int tokens, int width, int offset)
    {
        var dx = new float[rows * tokens * width];
        for (var row = 0; row < rows; row++)
        {
            var token = Math.Clamp((index.Length > 0 ? index[row] : 0) + offset, 0, tokens - 1);
            for (var c = 0; c < width; c++)
                dx[(((row * tokens) + token) * width) + c] = dy[(row * width) + c];
        }
        return dx;
    }
}
