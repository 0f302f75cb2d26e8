namespace Blip.Kernels;

/// <summary>How packed weights lie in memory, for all that read them.</summary>
internal static class WeightPanel
{
    /// <summary>Outputs of a panel.</summary>
    public const int Width = 64;
}
