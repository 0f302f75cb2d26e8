using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>A decoded instruction's effect on a warp's lanes.</summary>
internal abstract class Operation
{
    public int Guard { get; set; } = -1;

    public bool GuardNegated { get; set; }

    /// <summary>Registers read in every lane, without constants.</summary>
    public int[] Reads { get; set; } = [];

    public int[] Writes { get; set; } = [];

    public int[] PredicateReads { get; set; } = [];

    public int[] PredicateWrites { get; set; } = [];

    /// <summary>Requires at least one lane.</summary>
    public abstract void Execute(Warp warp, uint lanes);
}
