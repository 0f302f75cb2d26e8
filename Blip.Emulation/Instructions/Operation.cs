using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>A decoded instruction: its effect on the lanes of a warp.</summary>
internal abstract class Operation
{
    public int Guard { get; set; } = -1;

    public bool GuardNegated { get; set; }

    /// <summary>Registers that it reads in every lane, constants aside.</summary>
    public int[] Reads { get; set; } = [];

    public int[] Writes { get; set; } = [];

    public int[] PredicateReads { get; set; } = [];

    public int[] PredicateWrites { get; set; } = [];

    /// <summary>Does it for lanes of which there is at least one.</summary>
    public abstract void Execute(Warp warp, uint lanes);
}
