using Blip.Kernels;

namespace Blip.Verification.References;

internal static class ColumnCopyReference
{
    public static float[] Run(float[] x, float[] y, int rows, ColumnRange columns)
    {
        var copied = (float[])y.Clone();
        for (var row = 0; row < rows; row++)
        {
            for (var c = 0; c < columns.Count; c++)
                copied[(row * columns.YWidth) + columns.YFirst + c] = x[(row * columns.XWidth) + columns.XFirst + c];
        }
        return copied;
    }
}
