
namespace Blip.Kernels;

/// <summary>
/// The order of sums on CUDA. Inputs are cut into slices whose length depends on their number alone. Each slice is summed in order, and
/// the slices' sums are added in order. Kernels that walk the slices and kernels that give each to a warp have the same bits:
/// the number of rows may choose between them. Short chains are also more accurate: tensor cores cut off digits that do not fit a sum.
/// </summary>
internal static class GemmSlices
{
    public const int Most = 16;

    /// <summary>Slice lengths are multiples of this.</summary>
    public const int Unit = 128;

    /// <summary>Inputs per slice; the last may be shorter.</summary>
    public static int Length(int inFeatures) => Unit * ((inFeatures + (Unit * Most) - 1) / (Unit * Most));

    public static int Count(int inFeatures) => Count(inFeatures, Length(inFeatures));

    public static int Count(int inFeatures, int length) => (inFeatures + length - 1) / length;
}
