using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;

namespace Blip.Emulation.Instructions;

/// <summary>Unknown instructions are rejected with text and line.</summary>
internal static class InstructionDecoder
{
    /// <exception cref="PtxException">The instruction, or one of its modifiers, is unknown.</exception>
    public static Operation Decode(KernelProgram program, int index)
    {
        var instruction = program.Module.Code[index];
        var context = new DecodeContext(program, instruction);
        Operation operation;
        try
        {
            operation = Find(context);
        }
        catch (Exception e)
            when (e is IndexOutOfRangeException or InvalidOperationException or KeyNotFoundException or NotSupportedException)
        {
            throw instruction.Unknown($"unknown instruction ({e.Message})");
        }
        operation.Guard = instruction.Guard;
        operation.GuardNegated = instruction.GuardNegated;
        context.Complete(operation);
        return operation;
    }

    private static Operation Find(DecodeContext context) => HotMaps.Find(context) ?? context.Instruction.Name switch
    {
        "mov" => Moves.Move(context),
        "add" or "sub" or "mul" or "mad" or "fma" or "div" or "rem" or "neg" or "abs" or "min" or "max" or "sqrt" or "rsqrt" or "rcp"
            or "ex2" or "lg2" or "sin"
            or "cos" or "tanh" or "copysign" => Arithmetic.Decode(context),
        "and" or "or" or "xor" or "not" or "cnot" or "shl" or "shr" or "shf" or "lop3" or "bfe" or "bfi" or "prmt" or "popc" or "clz"
            or "brev" or "bfind" or "dp4a"
            or "mul24" or "mad24" or "sad" => IntegerBits.Decode(context),
        "setp" or "set" or "selp" or "slct" or "testp" => Comparisons.Decode(context),
        "cvt" => Conversions.Decode(context),
        "ld" or "st" or "ldu" or "atom" or "red" or "cvta" or "isspacep" or "prefetch" or "prefetchu" => MemoryAccess.Decode(context),
        "bra" or "brx" or "call" or "ret" or "exit" or "trap" or "bar" or "barrier" or "membar" or "fence" or "nanosleep" or "pragma"
            or "griddepcontrol"
            or PtxInstruction.End => Control.Decode(context),
        "shfl" or "vote" or "match" or "redux" or "activemask" or "elect" => WarpExchange.Decode(context),
        "cp" => AsyncCopyInstructions.Decode(context),
        "mbarrier" => BarrierInstructions.Decode(context),
        "mma" => MatrixMultiply.Decode(context),
        "wgmma" => WarpGroupMultiply.Decode(context),
        "ldmatrix" or "stmatrix" => MatrixMoves.Decode(context),
        _ => throw context.Instruction.Unknown("unknown instruction"),
    };
}

/// <summary>An instruction's operands as slots, with its reads and writes.</summary>
internal sealed class DecodeContext(KernelProgram program, PtxInstruction instruction)
{
    private readonly List<int> reads = [];
    private readonly List<int> writes = [];
    private readonly List<int> predicateReads = [];
    private readonly List<int> predicateWrites = [];
    private int scratch = -1;

    public KernelProgram Program => program;

    public PtxInstruction Instruction => instruction;

    public string[] Parts => instruction.Parts;

    /// <summary>The last type among the modifiers.</summary>
    public string Type => Array.FindLast(Parts, part => PtxTypes.Bytes(part) > 0 || part == "pred") ?? throw instruction.Unknown("no type");

    public PtxOperand Operand(int index) =>
        index < instruction.Operands.Length ? instruction.Operands[index] : throw instruction.Unknown($"operand {index + 1} is missing");

    public int Count => instruction.Operands.Length;

    public bool Has(string modifier) => instruction.Has(modifier);

    /// <summary>Rejects unknown modifiers.</summary>
    public void Allow(params ReadOnlySpan<string> known)
    {
        for (var i = 1; i < Parts.Length; i++)
        {
            if (PtxTypes.Bytes(Parts[i]) == 0 && Parts[i] != "pred" && !known.Contains(Parts[i]))
                throw instruction.Unknown($"unknown modifier .{Parts[i]}");
        }
    }

    public int Source(int index, string? type = null) => Source(Operand(index), type ?? Type);

    /// <summary>The slot of a source. Immediates, symbols and special registers have separate slots.</summary>
    public int Source(PtxOperand operand, string type)
    {
        switch (operand.Kind)
        {
            case PtxOperandKind.Register:
                reads.Add(operand.Slot);
                return operand.Slot;
            case PtxOperandKind.Immediate:
                var value = operand.Decimal is not { } number ? operand.Value
                    : type == "f32" ? BitConverter.SingleToUInt32Bits((float)number)
                    : type == "f64" ? BitConverter.DoubleToUInt64Bits(number)
                    : throw instruction.Unknown("a number with a point");
                return program.ConstantSlot(Bits.Unsigned(value, Math.Min(PtxTypes.Bytes(type), 8)));
            case PtxOperandKind.Symbol:
                return program.ConstantSlot(AddressOf(operand));
            case PtxOperandKind.Special when KernelProgram.KnowsSpecial(operand.Name):
                return program.SpecialSlot(operand.Name);
            case PtxOperandKind.Special when operand.Name == "WARP_SZ":
                return program.ConstantSlot(32);
            default:
                throw instruction.Unknown($"{operand.Kind} {operand.Name} cannot be read");
        }
    }

    public int Target(int index) => Target(Operand(index));

    public int Target(PtxOperand operand)
    {
        if (operand.Kind == PtxOperandKind.Sink)
            return Scratch();
        if (operand.Kind != PtxOperandKind.Register)
            throw instruction.Unknown($"{operand.Kind} {operand.Name} cannot be written");
        writes.Add(operand.Slot);
        return operand.Slot;
    }

    public int PredicateSource(PtxOperand operand)
    {
        switch (operand.Kind)
        {
            case PtxOperandKind.Predicate:
                predicateReads.Add(operand.Slot);
                return operand.Slot;
            case PtxOperandKind.Immediate:
                return operand.Value != 0 ? program.TrueSlot : program.FalseSlot;
            default:
                throw instruction.Unknown($"{operand.Kind} {operand.Name} is no predicate");
        }
    }

    /// <summary>The slot of a target predicate; -1 for an unwanted result.</summary>
    public int PredicateTarget(PtxOperand? operand)
    {
        if (operand is null || operand.Kind == PtxOperandKind.Sink)
            return -1;
        if (operand.Kind != PtxOperandKind.Predicate)
            throw instruction.Unknown($"{operand.Kind} {operand.Name} is no predicate");
        predicateWrites.Add(operand.Slot);
        return operand.Slot;
    }

    /// <summary>A symbol's address in its space.</summary>
    public static ulong AddressOf(PtxOperand operand)
    {
        var variable = operand.Variable!;
        var first = variable.Space is PtxSpace.Global or PtxSpace.Constant ? variable.Address : (ulong)variable.Offset;
        return first + (ulong)operand.Offset;
    }

    public void Complete(Operation operation)
    {
        operation.Reads = [.. reads.Distinct()];
        operation.Writes = [.. writes];
        operation.PredicateReads = [.. predicateReads.Distinct()];
        operation.PredicateWrites = [.. predicateWrites];
    }

    // A slot for unwanted results.
    private int Scratch() => scratch < 0 ? scratch = program.SpecialSlot("scratch") : scratch;
}
