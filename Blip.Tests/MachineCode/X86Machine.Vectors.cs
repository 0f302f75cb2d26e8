using System.Runtime.InteropServices;
using Iced.Intel;

namespace Blip.Tests.MachineCode;

/// <content>Vectors and tiles, as the Intel 64 and IA-32 manual writes their operations.</content>
internal sealed partial class X86Machine
{
    private const int VectorBytes = 64, TileRows = 16, TileBytes = 1024;

    private readonly byte[][] vectors = [.. Enumerable.Range(0, 32).Select(_ => new byte[VectorBytes])];

    private readonly byte[][] tiles = [.. Enumerable.Range(0, 8).Select(_ => new byte[TileBytes])];

    private bool isConfigured;

    /// <summary>
    /// One pair in bfloat16 and its sum: the upper product first, each rounded once; denormal numbers are zeros, before and after.
    /// </summary>
    public static float DotBFloat16(float sum, uint x, uint w)
    {
        sum = MultiplyAdd(High(x), High(w), sum);
        return MultiplyAdd(Low(x), Low(w), sum);
    }

    /// <summary>x · w + sum, rounded once, with denormal numbers as zeros.</summary>
    public static float MultiplyAdd(float x, float w, float sum) => Flushed(MathF.FusedMultiplyAdd(Flushed(x), Flushed(w), Flushed(sum)));

    /// <summary>The upper bfloat16.</summary>
    public static float High(uint pair) => BitConverter.UInt32BitsToSingle(pair & 0xFFFF0000);

    /// <summary>The lower bfloat16.</summary>
    public static float Low(uint pair) => BitConverter.UInt32BitsToSingle(pair << 16);

    /// <summary>Four products of a byte without a sign and one with it.</summary>
    public static uint DotBytes(uint sum, uint x, uint w)
    {
        for (var shift = 0; shift < 32; shift += 8)
            sum += (uint)((byte)(x >> shift) * (sbyte)(w >> shift));
        return sum;
    }

    /// <summary>The value, or a zero of its sign where it is denormal.</summary>
    public static float Flushed(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private void StepVector(in Instruction i)
    {
        if (i.HasOpMask || i.IsBroadcast || i.ZeroingMasking)
            throw new InvalidOperationException($"{i}: masks and broadcasts are not known");
        switch (i.Code)
        {
            case Code.EVEX_Vpxord_zmm_k1z_zmm_zmmm512b32 or Code.VEX_Vpxor_ymm_ymm_ymmm256:
                Each32(i, (_, a, b) => a ^ b);
                break;
            case Code.EVEX_Vmovups_zmm_k1z_zmmm512 or Code.VEX_Vmovups_ymm_ymmm256 or Code.VEX_Vmovups_xmm_xmmm128:
                Write(i.Op0Register, Operand(i, 1, i.Op0Register.GetSize()));
                break;
            case Code.VEX_Vmovups_xmmm128_xmm:
                memory.Write(Address(i), Operand(i, 1, 16));
                break;
            case Code.EVEX_Vpunpcklwd_zmm_k1z_zmm_zmmm512 or Code.VEX_Vpunpcklwd_ymm_ymm_ymmm256: Unpack(i, 0); break;
            case Code.EVEX_Vpunpckhwd_zmm_k1z_zmm_zmmm512 or Code.VEX_Vpunpckhwd_ymm_ymm_ymmm256: Unpack(i, 4); break;
            case Code.EVEX_Vpbroadcastd_zmm_k1z_xmmm32 or Code.VEX_Vpbroadcastd_ymm_xmmm32:
                var repeated = new byte[i.Op0Register.GetSize()];
                MemoryMarshal.Cast<byte, uint>(repeated.AsSpan()).Fill(MemoryMarshal.Read<uint>(Operand(i, 1, 4)));
                Write(i.Op0Register, repeated);
                break;
            case Code.EVEX_Vpdpbusd_zmm_k1z_zmm_zmmm512b32 or Code.VEX_Vpdpbusd_ymm_ymm_ymmm256: Each32(i, DotBytes); break;
            case Code.EVEX_Vdpbf16ps_zmm_k1z_zmm_zmmm512b32:
                Each32(i, (sum, x, w) => BitConverter.SingleToUInt32Bits(DotBFloat16(BitConverter.UInt32BitsToSingle(sum), x, w)));
                break;
            case Code.EVEX_Vextracti32x4_xmmm128_k1z_zmm_imm8 or Code.VEX_Vextracti128_xmmm128_ymm_imm8:
                memory.Write(Address(i), Operand(i, 1, VectorBytes).Slice(16 * i.Immediate8, 16));
                break;
            case Code.VEX_Vzeroupper:
                for (var vector = 0; vector < 16; vector++)
                    vectors[vector].AsSpan(16).Clear();
                break;
            default: StepTile(i); break;
        }
    }

    // Words of a half of each lane of 128 bits, one of each operand in turn.
    private void Unpack(in Instruction i, int first)
    {
        var size = i.Op0Register.GetSize();
        var a = MemoryMarshal.Cast<byte, ushort>(Operand(i, 1, size));
        var b = MemoryMarshal.Cast<byte, ushort>(Operand(i, 2, size));
        var to = new ushort[size / 2];
        for (var lane = 0; lane < size / 2; lane += 8)
        {
            for (var word = 0; word < 4; word++)
                (to[lane + (2 * word)], to[lane + (2 * word) + 1]) = (a[lane + first + word], b[lane + first + word]);
        }
        Write(i.Op0Register, MemoryMarshal.AsBytes<ushort>(to));
    }

    // Each 32 bits of the target, and of both operands.
    private void Each32(in Instruction i, Func<uint, uint, uint, uint> one)
    {
        var size = i.Op0Register.GetSize();
        var a = MemoryMarshal.Cast<byte, uint>(Operand(i, 1, size));
        var b = MemoryMarshal.Cast<byte, uint>(Operand(i, 2, size));
        var before = MemoryMarshal.Cast<byte, uint>(vectors[i.Op0Register.GetNumber()].AsSpan(0, size));
        var to = new uint[size / 4];
        for (var lane = 0; lane < to.Length; lane++)
            to[lane] = one(before[lane], a[lane], b[lane]);
        Write(i.Op0Register, MemoryMarshal.AsBytes<uint>(to));
    }

    private ReadOnlySpan<byte> Operand(in Instruction i, int operand, int size) => i.GetOpKind(operand) == OpKind.Memory
        ? memory.Read(Address(i), size)
        : vectors[i.GetOpRegister(operand).GetNumber()].AsSpan(0, size);

    // What lies above a narrower vector becomes zero.
    private void Write(Register register, ReadOnlySpan<byte> value)
    {
        var to = vectors[register.GetNumber()];
        to.AsSpan(value.Length).Clear();
        value.CopyTo(to);
    }

    private void StepTile(in Instruction i)
    {
        if (i.Code == Code.VEX_Ldtilecfg_m512)
        {
            Configure(memory.Read(Address(i), VectorBytes));
            return;
        }
        if (!isConfigured)
            throw new InvalidOperationException($"{i}: not known, or no tiles are configured");
        switch (i.Code)
        {
            case Code.VEX_Tilezero_tmm: tiles[i.Op0Register.GetNumber()].AsSpan().Clear(); break;
            case Code.VEX_Tileloadd_tmm_sibmem:
                for (var row = 0; row < TileRows; row++)
                    memory.Read(RowAddress(i, row), VectorBytes).CopyTo(tiles[i.Op0Register.GetNumber()].AsSpan(row * VectorBytes));
                break;
            case Code.VEX_Tilestored_sibmem_tmm:
                for (var row = 0; row < TileRows; row++)
                    memory.Write(RowAddress(i, row), tiles[i.Op1Register.GetNumber()].AsSpan(row * VectorBytes, VectorBytes));
                break;
            case Code.VEX_Tdpbusd_tmm_tmm_tmm: TileDotBytes(i); break;
            case Code.VEX_Tdpbf16ps_tmm_tmm_tmm: TileDotBFloat16(i); break;
            case Code.VEX_Tilerelease: isConfigured = false; break;
            default: throw new InvalidOperationException($"{i}: not known");
        }
    }

    // The index register holds the distance of rows.
    private ulong RowAddress(in Instruction i, int row) =>
        this[i.MemoryBase] + i.MemoryDisplacement64 + ((ulong)row * this[i.MemoryIndex] * (ulong)i.MemoryIndexScale);

    // Tiles that are all of 16 rows of 64 bytes, in palette 1, and nothing else.
    private void Configure(ReadOnlySpan<byte> bytes)
    {
        var used = 6;
        for (var tile = 0; tile < 8; tile++)
        {
            var (rows, width) = (bytes[48 + tile], MemoryMarshal.Read<ushort>(bytes[(16 + (2 * tile))..]));
            if ((rows, width) != (tile < used ? (TileRows, VectorBytes) : (0, 0)))
                throw new InvalidOperationException($"tile {tile} is configured as {rows} rows of {width} bytes");
        }
        if (bytes[0] != 1 || bytes[1] != 0 || bytes[2..16].ContainsAnyExcept((byte)0) || bytes[32..48].ContainsAnyExcept((byte)0)
            || bytes[56..].ContainsAnyExcept((byte)0))
            throw new InvalidOperationException("the configuration of tiles has bits that must be 0, or another palette");
        isConfigured = true;
        foreach (var tile in tiles)
            tile.AsSpan().Clear();
    }

    private (uint[] X, uint[] W, Memory<byte> Sums) Tiles(in Instruction i)
    {
        if (new[] { i.Op0Register, i.Op1Register, i.Op2Register }.Distinct().Count() != 3)
            throw new InvalidOperationException($"{i}: the tiles must be three");
        return (Of(i.Op1Register), Of(i.Op2Register), tiles[i.Op0Register.GetNumber()]);

        uint[] Of(Register tile) => MemoryMarshal.Cast<byte, uint>(tiles[tile.GetNumber()]).ToArray();
    }

    private void TileDotBytes(in Instruction i)
    {
        var (x, w, memory) = Tiles(i);
        var sums = MemoryMarshal.Cast<byte, uint>(memory.Span);
        for (var at = 0; at < sums.Length; at++)
        {
            for (var k = 0; k < 16; k++)
                sums[at] = DotBytes(sums[at], x[(at / 16 * 16) + k], w[(k * 16) + (at % 16)]);
        }
    }

    // The products of even places and those of odd ones have a sum each, from zero; both are added to the tile.
    private void TileDotBFloat16(in Instruction i)
    {
        var (x, w, memory) = Tiles(i);
        var sums = MemoryMarshal.Cast<byte, float>(memory.Span);
        for (var at = 0; at < sums.Length; at++)
        {
            var (even, odd) = (0f, 0f);
            for (var k = 0; k < 16; k++)
            {
                var (left, right) = (x[(at / 16 * 16) + k], w[(k * 16) + (at % 16)]);
                (even, odd) = (MultiplyAdd(Low(left), Low(right), even), MultiplyAdd(High(left), High(right), odd));
            }
            sums[at] = Flushed(Flushed(sums[at]) + Flushed(even + odd));
        }
    }
}
