namespace Blip.Kernels;

/// <summary>Layout of packed weights.</summary>
internal static class WeightPanel
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 64;
}
