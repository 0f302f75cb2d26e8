using Blip.Kernels;

namespace Blip.Verification.References;

internal static class PatchifyReference
{
    public static float[] Run(float[] pixels, int batch, int channels, int height, int width, int patch)
    {
        var patches = new List<float>();
        for (var image = 0; image < batch; image++)
            for (var top = 0; top + patch <= height; top += patch)
                for (var left = 0; left + patch <= width; left += patch)
                    for (var channel = 0; channel < channels; channel++)
                        for (var y = top; y < top + patch; y++)
                            for (var x = left; x < left + patch; x++)
                                patches.Add(pixels[(((((image * channels) + channel) * height) + y) * width) + x]);
        return [.. patches];
    }
}
