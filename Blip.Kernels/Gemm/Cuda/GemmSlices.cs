
namespace Blip.Kernels;

/// <summary>
/// The order of sums on CUDA: inputs are cut into slices whose length depends on their number alone; each slice is summed from its first input
/// to its last, and the slices' sums are added up in their order. One kernel walks them one after the other, another gives each to a warp:
/// both give the same bits, so that which one runs may depend on the number of rows. A tensor core cuts off digits that do not fit its sum, so that
/// shorter chains are also more accurate ones.
/// </summary>
internal static class GemmSlices
{
    /// <summary>The most slices that there are.</summary>
    public const int Most = 16;

    /// <summary>Slices are a multiple of this.</summary>
    public const int Unit = 128;

    /// <summary>Inputs per slice; the last one may be shorter.</summary>
    public static int Length(int inFeatures) => Unit * ((inFeatures + (Unit * Most) - 1) / (Unit * Most));

    /// <summary>How many slices there are.</summary>
    public static int Count(int inFeatures) => Count(inFeatures, Length(inFeatures));

    /// <summary>How many slices of this length there are.</summary>
    public static int Count(int inFeatures, int length) => (inFeatures + length - 1) / length;
}
