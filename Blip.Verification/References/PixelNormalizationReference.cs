using Blip.Kernels;

namespace Blip.Verification.References;

internal static class PixelNormalizationReference
{
    /// <summary><c>[height, width, 3]</c> bytes to <c>[3, height, width]</c>.</summary>
    public static double[] Run(byte[] pixels, double rescaleFactor, float[] mean, float[] std)
    {
        var plane = pixels.Length / 3;
        var y = new double[pixels.Length];
        for (var i = 0; i < plane; i++)
            for (var channel = 0; channel < 3; channel++)
                y[(channel * plane) + i] = ((pixels[(3 * i) + channel] * rescaleFactor) - mean[channel]) / std[channel];
        return y;
    }
}
