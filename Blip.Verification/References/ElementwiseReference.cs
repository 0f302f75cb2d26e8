using Blip.Kernels;

namespace Blip.Verification.References;

internal static class ElementwiseReference
{
    public static double[] Add(float[] a, float[] b)
    {
        var y = new double[a.Length];
        for (var i = 0; i < y.Length; i++)
            y[i] = (double)a[i] + b[i];
        return y;
    }
}
