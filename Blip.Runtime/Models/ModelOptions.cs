using Blip.Runtime.Graph.Passes;

namespace Blip.Runtime.Models;

/// <summary>How a model is put on a device.</summary>
public sealed record ModelOptions
{
    /// <summary>How matrices are stored.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Which graph passes are applied; for tests, and to see what each gains.</summary>
    public PassSet Passes { get; init; } = PassSet.All;
}
