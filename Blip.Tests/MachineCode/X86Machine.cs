using System.Buffers.Binary;
using Blip.Kernels.MachineCode;
using Iced.Intel;

namespace Blip.Tests.MachineCode;

/// <summary>
/// Executes the instructions that tiles are made of, decoded from their bytes, on a processor that has them or not. An instruction that it
/// does not know ends the run.
/// </summary>
internal sealed partial class X86Machine(X86Memory memory)
{
    private const ulong ReturnAddress = 0xDEAD_0000_BEEF, Mark = 0x1234_5678_9ABC_0000;

    private const int StackBytes = 4096;

    private readonly ulong[] general = new ulong[16];

    private bool isZero;

    /// <summary>Calls a function with one argument, and checks that it leaves the caller's registers and stack as they were.</summary>
    public unsafe void Call(byte[] code, void* argument, CallConvention convention)
    {
        var instructions = Decode(code);
        var stack = stackalloc byte[StackBytes];
        memory.Allow(stack, StackBytes, isWritable: true, "the stack");
        for (var i = 0; i < general.Length; i++)
            general[i] = Mark + (ulong)i;
        for (var i = 0; i < vectors.Length; i++)
            vectors[i].AsSpan().Fill((byte)(0xA0 + i));
        // As a call leaves it: 8 below a multiple of 16.
        var top = (((ulong)stack + StackBytes) & ~15ul) - 8;
        Span<byte> word = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(word, ReturnAddress);
        memory.Write(top, word);
        this[Register.RSP] = top;
        this[convention == CallConvention.SystemV ? Register.RDI : Register.RCX] = (ulong)argument;

        var at = 0ul;
        while (at != ReturnAddress)
            at = Step(instructions.TryGetValue(at, out var next)
                ? next
                : throw new InvalidOperationException($"jumps to {at:x}, where no instruction begins"));

        if (this[Register.RSP] != top + 8)
            throw new InvalidOperationException("leaves the stack at another place");
        Register[] kept = convention == CallConvention.SystemV
            ? [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15]
            : [Register.RBX, Register.RBP, Register.RSI, Register.RDI, Register.R12, Register.R13, Register.R14, Register.R15];
        if (kept.Any(register => this[register] != Mark + (ulong)Number(register)))
            throw new InvalidOperationException("changes a register of its caller");
        if (convention == CallConvention.Microsoft
            && Enumerable.Range(6, 10).Any(i => vectors[i].AsSpan(0, 16).ContainsAnyExcept((byte)(0xA0 + i))))
            throw new InvalidOperationException("changes a vector of its caller");
    }

    private static Dictionary<ulong, Instruction> Decode(byte[] code)
    {
        var decoder = Decoder.Create(64, new ByteArrayCodeReader(code));
        var instructions = new Dictionary<ulong, Instruction>();
        while (decoder.IP < (ulong)code.Length)
        {
            var instruction = decoder.Decode();
            if (instruction.IsInvalid)
                throw new InvalidOperationException($"no instruction begins at {instruction.IP:x}");
            instructions[instruction.IP] = instruction;
        }
        return instructions;
    }

    private ulong Step(in Instruction i)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Mov: Set(i, Value(i, 1)); break;
            case Mnemonic.Lea: Set(i, Address(i)); break;
            case Mnemonic.Add: Set(i, Flagged(Value(i, 0) + Value(i, 1))); break;
            case Mnemonic.Sub: Set(i, Flagged(Value(i, 0) - Value(i, 1))); break;
            case Mnemonic.Dec: Set(i, Flagged(Value(i, 0) - 1)); break;
            case Mnemonic.Test: Flagged(Value(i, 0) & Value(i, 1)); break;
            case Mnemonic.Cmp: Flagged(Value(i, 0) - Value(i, 1)); break;
            case Mnemonic.Je: return isZero ? i.NearBranchTarget : i.NextIP;
            case Mnemonic.Jne: return isZero ? i.NextIP : i.NearBranchTarget;
            case Mnemonic.Prefetcht0: break;
            case Mnemonic.Ret:
                var to = BinaryPrimitives.ReadUInt64LittleEndian(memory.Read(this[Register.RSP], 8));
                this[Register.RSP] += 8;
                return to;
            default: StepVector(i); break;
        }
        return i.NextIP;
    }

    private ulong Flagged(ulong value)
    {
        isZero = value == 0;
        return value;
    }

    private ulong Value(in Instruction i, int operand) => i.GetOpKind(operand) switch
    {
        OpKind.Register => this[i.GetOpRegister(operand)],
        OpKind.Memory => BinaryPrimitives.ReadUInt64LittleEndian(memory.Read(Address(i), 8)),
        _ => i.GetImmediate(operand),
    };

    private void Set(in Instruction i, ulong value) => this[i.Op0Register] = value;

    private ulong Address(in Instruction i)
    {
        var address = i.MemoryDisplacement64;
        if (i.MemoryBase != Register.None)
            address += this[i.MemoryBase];
        if (i.MemoryIndex != Register.None)
            address += this[i.MemoryIndex] * (ulong)i.MemoryIndexScale;
        return address;
    }

    private ulong this[Register register]
    {
        get => register.GetSize() switch
        {
            8 => general[Number(register)],
            4 => (uint)general[Number(register)],
            _ => throw new InvalidOperationException($"no register {register} is known"),
        };
        set => general[Number(register)] = register.GetSize() switch
        {
            8 => value,
            // 32 bits clear the others.
            4 => (uint)value,
            _ => throw new InvalidOperationException($"no register {register} is known"),
        };
    }

    private static int Number(Register register) =>
        register.IsGPR()
            ? register.GetFullRegister().GetNumber()
            : throw new InvalidOperationException($"{register} is no general register");
}
