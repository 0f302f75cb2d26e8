using System.Runtime.CompilerServices;
using Blip.Emulation.Instructions;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Machine;

/// <summary>A decoded kernel, with constants and special registers in separate slots.</summary>
internal sealed class KernelProgram
{
    private readonly List<(int Slot, ulong Value)> constants = [];
    private readonly Dictionary<ulong, int> constantSlots = [];
    private readonly Dictionary<string, int> specials = new(StringComparer.Ordinal);

    private static readonly ConditionalWeakTable<PtxFunction, KernelProgram> Decoded = [];

    /// <summary>Decodes a kernel once for all devices.</summary>
    /// <exception cref="PtxException">An instruction is unknown.</exception>
    public static KernelProgram Of(PtxModule module, PtxFunction entry) => Decoded.GetValue(entry, _ => new KernelProgram(module, entry));

    private KernelProgram(PtxModule module, PtxFunction entry)
    {
        Module = module;
        Entry = entry;
        RegisterSlots = module.Registers;
        // The last two are constants: false and true.
        PredicateSlots = module.Predicates + 2;
        Meetings = Reconvergence.Find(module);
        Operations = [.. module.Code.Select((_, index) => InstructionDecoder.Decode(this, index))];
        UsesGlobalAtomics = module.Code.Any(instruction => instruction.Name is "atom" or "red" && !instruction.Has("shared"));
        SharedGranule = Granule(module);
    }

    public PtxModule Module { get; }

    public PtxFunction Entry { get; }

    public Operation[] Operations { get; }

    public int[] Meetings { get; }

    public int RegisterSlots { get; private set; }

    public int PredicateSlots { get; }

    public int FalseSlot => PredicateSlots - 2;

    public int TrueSlot => PredicateSlots - 1;

    public bool UsesGlobalAtomics { get; }

    /// <summary>The race detector's granule in bytes: the smallest access to shared memory.</summary>
    public int SharedGranule { get; }

    /// <summary>The start of the array whose size the launch gives.</summary>
    public int DynamicShared => PtxTypes.RoundUp(Module.SharedBytes, 16);

    public int ConstantSlot(ulong value)
    {
        if (!constantSlots.TryGetValue(value, out var slot))
        {
            slot = RegisterSlots++;
            constantSlots.Add(value, slot);
            constants.Add((slot, value));
        }
        return slot;
    }

    public int SpecialSlot(string name)
    {
        if (!specials.TryGetValue(name, out var slot))
        {
            slot = RegisterSlots++;
            specials.Add(name, slot);
        }
        return slot;
    }

    public string NameOf(int slot) => slot < Module.Registers
        ? Module.Code.SelectMany(instruction => instruction.Operands).SelectMany(Flatten)
            .FirstOrDefault(operand => operand.Kind == PtxOperandKind.Register && operand.Slot == slot)?.Name ?? $"#{slot}"
        : $"#{slot}";

    public void FillConstants(Warp warp)
    {
        foreach (var (slot, value) in constants)
            Array.Fill(warp.Registers, value, slot * 32, 32);
    }

    /// <summary>Sets special registers for a group, and marks constants as written.</summary>
    public void MarkConstants(Warp warp)
    {
        foreach (var (name, slot) in specials)
        {
            for (var lane = 0; lane < 32; lane++)
                warp.Registers[(slot * 32) + lane] = Special(warp, name, lane);
        }
        for (var slot = Module.Registers; slot < RegisterSlots; slot++)
            warp.Written[slot] = ~0u;
        warp.Predicates[FalseSlot] = 0;
        warp.Predicates[TrueSlot] = ~0u;
        warp.PredicatesWritten[FalseSlot] = warp.PredicatesWritten[TrueSlot] = ~0u;
    }

    public static bool KnowsSpecial(string name) =>
        name is "tid.x" or "tid.y" or "tid.z" or "ntid.x" or "ntid.y" or "ntid.z" or "ctaid.x" or "ctaid.y" or "ctaid.z" or "nctaid.x"
            or "nctaid.y"
            or "nctaid.z" or "laneid" or "warpid" or "nwarpid" or "dynamic_smem_size" or "total_smem_size" or "lanemask_eq" or "lanemask_lt"
            or "lanemask_le" or "lanemask_gt" or "lanemask_ge" or "smid";

    private static ulong Special(Warp warp, string name, int lane)
    {
        var launch = warp.Cta.Launch;
        var group = warp.Cta.Group;
        var thread = (warp.Index * 32) + lane;
        return name switch
        {
            "tid.x" => (ulong)(thread % launch.Block.X),
            "tid.y" => (ulong)(thread / launch.Block.X % launch.Block.Y),
            "tid.z" => (ulong)(thread / launch.Block.X / launch.Block.Y),
            "ntid.x" => (ulong)launch.Block.X,
            "ntid.y" => (ulong)launch.Block.Y,
            "ntid.z" => (ulong)launch.Block.Z,
            "ctaid.x" => (ulong)group.X,
            "ctaid.y" => (ulong)group.Y,
            "ctaid.z" => (ulong)group.Z,
            "nctaid.x" => (ulong)launch.Grid.X,
            "nctaid.y" => (ulong)launch.Grid.Y,
            "nctaid.z" => (ulong)launch.Grid.Z,
            "laneid" => (ulong)lane,
            "warpid" => (ulong)warp.Index,
            "nwarpid" => (ulong)((launch.Block.Count + 31) / 32),
            "dynamic_smem_size" => (ulong)launch.DynamicSharedBytes,
            "total_smem_size" => (ulong)(warp.Cta.Shared.Bytes),
            "lanemask_eq" => 1u << lane,
            "lanemask_lt" => (1u << lane) - 1,
            "lanemask_le" => (uint)((1UL << (lane + 1)) - 1),
            "lanemask_gt" => ~(uint)((1UL << (lane + 1)) - 1),
            "lanemask_ge" => ~((1u << lane) - 1),
            _ => 0,
        };
    }

    private static IEnumerable<PtxOperand> Flatten(PtxOperand operand) => operand.Elements.SelectMany(Flatten).Prepend(operand);

    private static int Granule(PtxModule module)
    {
        var smallest = 4;
        foreach (var instruction in module.Code)
        {
            // A generic store may go to shared memory.
            if (instruction.Name is "ld" or "st" or "atom" or "red" && !instruction.Has("global") && !instruction.Has("local")
                && !instruction.Has("param"))
                smallest = Math.Min(smallest, PtxTypes.Bytes(instruction.Parts[^1]));
            else if (instruction.Name is "ldmatrix" or "stmatrix" or "wgmma")
                smallest = Math.Min(smallest, 2);
        }
        return smallest;
    }
}
