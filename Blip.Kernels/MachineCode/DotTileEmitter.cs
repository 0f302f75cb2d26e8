using System.Diagnostics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Blip.Kernels.MachineCode;

/// <summary>
/// Writes a tile of <see cref="DotExtension.Avx512"/> or <see cref="DotExtension.AvxVnni"/>: a few rows times a panel of 64 outputs, or 16
/// with 256-bit vectors. The words of two panel rows are put side by side, so that 4 bytes belong to one output. That mixes the columns
/// by fours; the final stores undo it. A sum is one chain over k for any number of rows.
/// </summary>
internal static class DotTileEmitter
{
    /// <summary>Largest tile: 24 sums of 512 bits, or 12 of 256, beside weights and inputs.</summary>
    public const int MaxRows = 6;

    /// <summary>Bytes of a panel's row of words.</summary>
    public const int RowBytes = 128;

    // Few rows wait for memory and prefetch this many bytes ahead.
    private const int FewRows = 3, Ahead = 2048;

    private const int SumStride = 256, Saved = 6, SavedBytes = 168;

    /// <summary>Vectors have 512 or 256 bits; those of 256 multiply only bytes. Rows are 1 to <see cref="MaxRows"/>.</summary>
    public static byte[] Emit(DotProduct product, int bits, int rows, CallConvention convention)
    {
        var set = new VectorSet(product, bits);
        var a = new Assembler(64);
        var (loop, tail, store) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
        Enter(a, convention);
        a.mov(rax, __qword_ptr[rcx]);
        a.mov(rdx, __qword_ptr[rcx + 8]);
        a.mov(r8, __qword_ptr[rcx + 16]);
        a.mov(r9, __qword_ptr[rcx + 24]);
        // The fourth row: six rows' addresses are sums of two registers.
        a.lea(r10, __[rdx + (rdx * 2)]);
        a.add(r10, rax);
        for (var sum = 0; sum < rows * set.Vectors; sum++)
            a.AddInstruction(Instruction.Create(set.Xor, set.Vector(sum), set.Vector(sum), set.Vector(sum)));
        a.test(r9, r9);
        a.je(tail);
        a.Label(ref loop);
        Step(a, set, rows, isWhole: true);
        a.add(rax, 4);
        a.add(r10, 4);
        a.add(r8, 2 * RowBytes);
        a.dec(r9);
        a.jne(loop);
        a.Label(ref tail);
        a.cmp(__qword_ptr[rcx + 32], 0);
        a.je(store);
        Step(a, set, rows, isWhole: false);
        a.Label(ref store);
        a.mov(r11, __qword_ptr[rcx + 40]);
        for (var row = 0; row < rows; row++)
            Store(a, set, row);
        Leave(a, convention);

        using var code = new MemoryStream();
        a.Assemble(new StreamCodeWriter(code), 0);
        return code.ToArray();
    }

    private static void Step(Assembler a, VectorSet set, int rows, bool isWhole)
    {
        if (rows <= FewRows && isWhole)
        {
            for (var line = 0; line < 2 * RowBytes; line += 64)
                a.prefetcht0(__byte_ptr[r8 + (Ahead + line)]);
        }
        for (var pair = 0; pair < set.Vectors / 2; pair++)
        {
            a.AddInstruction(Instruction.Create(set.Load, set.First, new MemoryOperand(Register.R8, pair * set.Bytes, 1)));
            a.AddInstruction(
                isWhole
                    ? Instruction.Create(set.Load, set.Second, new MemoryOperand(Register.R8, RowBytes + (pair * set.Bytes), 1))
                    : Instruction.Create(set.Xor, set.Second, set.Second, set.Second));
            a.AddInstruction(Instruction.Create(set.UnpackLow, set.Weights(2 * pair), set.First, set.Second));
            a.AddInstruction(Instruction.Create(set.UnpackHigh, set.Weights((2 * pair) + 1), set.First, set.Second));
        }
        for (var row = 0; row < rows; row++)
        {
            var x = set.Input(row);
            a.AddInstruction(Instruction.Create(set.Broadcast, x, Row(row)));
            for (var vector = 0; vector < set.Vectors; vector++)
                a.AddInstruction(Instruction.Create(set.Dot, set.Vector((row * set.Vectors) + vector), x, set.Weights(vector)));
        }
    }

    private static MemoryOperand Row(int row)
    {
        var from = row < 3 ? Register.RAX : Register.R10;
        return (row % 3) switch
        {
            0 => new MemoryOperand(from),
            1 => new MemoryOperand(from, Register.RDX),
            _ => new MemoryOperand(from, Register.RDX, 2),
        };
    }

    // Lane l of the low words' vector holds outputs 8l to 8l + 3 of its pair; the high words' vector holds the next four.
    private static void Store(Assembler a, VectorSet set, int row)
    {
        for (var vector = 0; vector < set.Vectors; vector++)
        {
            for (var lane = 0; lane < set.Bytes / 16; lane++)
            {
                var to = new MemoryOperand(Register.R11, (vector / 2 * 2 * set.Bytes) + (32 * lane) + (vector % 2 * 16), 1);
                a.AddInstruction(Instruction.Create(set.Extract, to, set.Vector((row * set.Vectors) + vector), lane));
            }
        }
        a.add(r11, SumStride);
    }

    private static void Enter(Assembler a, CallConvention convention)
    {
        switch (convention)
        {
            case CallConvention.SystemV:
                a.mov(rcx, rdi);
                break;
            case CallConvention.Microsoft:
                a.sub(rsp, SavedBytes);
                for (var i = 0; i < 10; i++)
                    a.AddInstruction(Instruction.Create(
                        Code.VEX_Vmovups_xmmm128_xmm, new MemoryOperand(Register.RSP, 16 * i, 1), Register.XMM0 + Saved + i));
                break;
            default: throw new UnreachableException($"Nobody calls by {convention}.");
        }
    }

    private static void Leave(Assembler a, CallConvention convention)
    {
        a.vzeroupper();
        if (convention == CallConvention.Microsoft)
        {
            for (var i = 0; i < 10; i++)
                a.AddInstruction(Instruction.Create(
                    Code.VEX_Vmovups_xmm_xmmm128, Register.XMM0 + Saved + i, new MemoryOperand(Register.RSP, 16 * i, 1)));
            a.add(rsp, SavedBytes);
        }
        a.ret();
    }

    // Instructions and register roles for both widths.
    private readonly struct VectorSet(DotProduct product, int bits)
    {
        private readonly bool isWide = bits switch
        {
            512 => true,
            256 => false,
            _ => throw new UnreachableException($"No tile has vectors of {bits} bits."),
        };

        public int Bytes => bits / 8;

        public int Vectors => isWide ? 4 : 2;

        public Register First => Vector(isWide ? 28 : 12);

        public Register Second => Vector(isWide ? 29 : 13);

        public Code Xor => isWide ? Code.EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32 : Code.VEX_Vpxor_ymm_ymm_ymmm256;

        public Code Load => isWide ? Code.EVEX_Vmovups_zmm_k1z_zmmm512 : Code.VEX_Vmovups_ymm_ymmm256;

        public Code UnpackLow => isWide ? Code.EVEX_Vpunpcklwd_zmm_k1z_zmm_zmmm512 : Code.VEX_Vpunpcklwd_ymm_ymm_ymmm256;

        public Code UnpackHigh => isWide ? Code.EVEX_Vpunpckhwd_zmm_k1z_zmm_zmmm512 : Code.VEX_Vpunpckhwd_ymm_ymm_ymmm256;

        public Code Broadcast => isWide ? Code.EVEX_Vpbroadcastd_zmm_k1z_xmmm32 : Code.VEX_Vpbroadcastd_ymm_xmmm32;

        public Code Extract => isWide ? Code.EVEX_Vextracti32x4_xmmm128_k1z_zmm_imm8 : Code.VEX_Vextracti128_xmmm128_ymm_imm8;

        public Code Dot => (product, isWide) switch
        {
            (DotProduct.Bytes, true) => Code.EVEX_Vpdpbusd_zmm_k1z_zmm_zmmm512b32,
            (DotProduct.Bytes, false) => Code.VEX_Vpdpbusd_ymm_ymm_ymmm256,
            (DotProduct.BFloat16, true) => Code.EVEX_Vdpbf16ps_zmm_k1z_zmm_zmmm512b32,
            _ => throw new UnreachableException($"No instruction of {bits} bits multiplies {product}."),
        };

        public Register Vector(int number) => (isWide ? Register.ZMM0 : Register.YMM0) + number;

        // With 256 bits the second overwrites a vector that both were made of.
        public Register Weights(int number) => isWide ? Vector(24 + number) : Vector(number == 0 ? 14 : 12);

        public Register Input(int row) => isWide ? Vector(30 + (row % 2)) : Vector(row % 2 == 0 ? 15 : 13);
    }
}
