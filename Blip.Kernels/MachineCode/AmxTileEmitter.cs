using System.Diagnostics;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Blip.Kernels.MachineCode;

/// <summary>
/// Writes the tile of <see cref="DotExtension.Amx"/>: 16 rows times a panel of 64 outputs from <see cref="AmxPanel"/>. Four tiles hold
/// sums, one inputs, one weights. Sums equal those of <c>vpdpbusd</c>; bfloat16 is added in another order.
/// </summary>
internal static class AmxTileEmitter
{
    public const int Rows = 16;

    /// <summary>Bytes of an input row per step.</summary>
    public const int StepBytes = 64;

    /// <summary>Tiles of 16 rows of 64 bytes: palette 1 (Intel 64 and IA-32 manual, volume 2, LDTILECFG).</summary>
    public static byte[] Configuration { get; } = MakeConfiguration();

    public static byte[] Emit(DotProduct product, CallConvention convention)
    {
        var dot = product switch
        {
            DotProduct.Bytes => Code.VEX_Tdpbusd_tmm_tmm_tmm,
            DotProduct.BFloat16 => Code.VEX_Tdpbf16ps_tmm_tmm_tmm,
            _ => throw new UnreachableException($"No instruction multiplies {product}."),
        };
        var a = new Assembler(64);
        var loop = a.CreateLabel();
        switch (convention)
        {
            case CallConvention.SystemV: a.mov(rcx, rdi); break;
            case CallConvention.Microsoft: break;
            default: throw new UnreachableException($"Nobody calls by {convention}.");
        }
        a.mov(r11, __qword_ptr[rcx + 48]);
        a.AddInstruction(Instruction.Create(Code.VEX_Ldtilecfg_m512, new MemoryOperand(Register.R11)));
        a.mov(rax, __qword_ptr[rcx]);
        a.mov(rdx, __qword_ptr[rcx + 8]);
        a.mov(r8, __qword_ptr[rcx + 16]);
        a.mov(r9, __qword_ptr[rcx + 24]);
        a.mov(r10d, StepBytes);
        for (var group = 0; group < 4; group++)
            a.AddInstruction(Instruction.Create(Code.VEX_Tilezero_tmm, Register.TMM0 + group));
        a.Label(ref loop);
        a.AddInstruction(Instruction.Create(Code.VEX_Tileloadd_tmm_sibmem, Register.TMM4, new MemoryOperand(Register.RAX, Register.RDX)));
        for (var group = 0; group < 4; group++)
        {
            var weights = new MemoryOperand(Register.R8, Register.R10, 1, group * AmxPanel.TileBytes, 1);
            a.AddInstruction(Instruction.Create(Code.VEX_Tileloadd_tmm_sibmem, Register.TMM5, weights));
            a.AddInstruction(Instruction.Create(dot, Register.TMM0 + group, Register.TMM4, Register.TMM5));
        }
        a.add(rax, StepBytes);
        a.add(r8, 4 * AmxPanel.TileBytes);
        a.dec(r9);
        a.jne(loop);
        a.mov(r11, __qword_ptr[rcx + 40]);
        a.mov(r10d, 256);
        for (var group = 0; group < 4; group++)
        {
            var sums = new MemoryOperand(Register.R11, Register.R10, 1, group * 64, 1);
            a.AddInstruction(Instruction.Create(Code.VEX_Tilestored_sibmem_tmm, sums, Register.TMM0 + group));
        }
        a.AddInstruction(Instruction.Create(Code.VEX_Tilerelease));
        a.ret();

        using var code = new MemoryStream();
        a.Assemble(new StreamCodeWriter(code), 0);
        return code.ToArray();
    }

    private static byte[] MakeConfiguration()
    {
        var bytes = new byte[64];
        bytes[0] = 1;
        for (var tile = 0; tile < 6; tile++)
            (bytes[16 + (2 * tile)], bytes[48 + tile]) = (64, Rows);
        return bytes;
    }
}

/// <summary>A panel for AMX: steps of 16 rows with 4 bytes a column, in 4 tiles of 16 columns, padded with zeros.</summary>
internal static unsafe class AmxPanel
{
    public const int TileBytes = 1024;

    private const int Columns = 16, Words = 64;

    public static int Steps(int words) => (words + 31) / 32;

    /// <summary>Writes <see cref="Steps"/> · 4 · <see cref="TileBytes"/> bytes from a panel [words, 64] of 16-bit words.</summary>
    public static void Write(ushort* panel, int words, byte* to)
    {
        for (var row = 0; row < 32 * Steps(words); row += 2)
        {
            var first = row < words ? panel + ((long)row * Words) : null;
            var second = row + 1 < words ? panel + ((long)(row + 1) * Words) : null;
            var tiles = (uint*)(to + ((long)(row / 32) * 4 * TileBytes)) + (row % 32 / 2 * Columns);
            for (var column = 0; column < Words; column++)
            {
                var low = first == null ? 0u : first[column];
                var high = second == null ? 0u : second[column];
                tiles[(column / Columns * (TileBytes / 4)) + (column % Columns)] = low | (high << 16);
            }
        }
    }
}
