using System.Diagnostics;
using Blip.Emulation.Machine;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>
/// mma.sync of 16 by 8 results: f16 and bf16 with k of 8 and 16, tf32 with k of 4 and 8, 8-bit whole numbers with k of 16 and 32.
/// With g = lane / 4 and t = lane % 4, and p elements in a register of 32 bits (2 of 16 bits, 1 of tf32, 4 of 8 bits), register r of A
/// holds row g + 8 (r % 2) and columns p t + 4 p (r / 2) onwards; register r of B holds rows p t + 4 p r onwards of column g; C and D hold
/// row g + 8 (r / 2), column 2 t + r % 2 (PTX ISA, "Matrix Fragments for mma.m16n8k…").
/// </summary>
internal static class MatrixMultiply
{
    public static Operation Decode(DecodeContext context)
    {
        var parts = context.Parts;
        context.Allow("sync", "aligned", "m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "row", "col", "satfinite");
        if (parts.Length < 10 || parts[1] != "sync" || parts[2] != "aligned" || parts[4] != "row" || parts[5] != "col" || context.Has("satfinite"))
            throw context.Instruction.Unknown("unknown form");
        var depth = int.Parse(parts[3].AsSpan("m16n8k".Length), System.Globalization.CultureInfo.InvariantCulture);
        var (d, a, b, c) = (parts[6], parts[7], parts[8], parts[9]);
        var whole = a is "s8" or "u8";
        var pack = a switch { "f16" or "bf16" => 2, "tf32" => 1, "s8" or "u8" => 4, _ => throw context.Instruction.Unknown("unknown type of A") };
        var known = (a, b, c, d) switch
        {
            ("f16", "f16", "f32", "f32") or ("f16", "f16", "f16", "f16") or ("bf16", "bf16", "f32", "f32") => depth is 8 or 16,
            ("tf32", "tf32", "f32", "f32") => depth is 4 or 8,
            ("s8" or "u8", "s8" or "u8", "s32", "s32") => depth is 16 or 32,
            _ => false,
        };
        if (!known)
            throw context.Instruction.Unknown("unknown types or shape");
        var results = d == "f16" ? 2 : 4;
        var registers = new[] { (0, results), (1, depth / (2 * pack)), (2, depth / (4 * pack)), (3, results) };
        foreach (var (operand, count) in registers)
        {
            if (context.Operand(operand).Elements.Length != count)
                throw context.Instruction.Unknown($"operand {operand + 1} has {context.Operand(operand).Elements.Length} registers; {count} are expected");
        }
        var slots = registers.Select(pair => context.Operand(pair.Item1).Elements
            .Select(element => pair.Item1 == 0 ? context.Target(element) : context.Source(element, "b32")).ToArray()).ToArray();
        return new MultiplyOperation(slots[0], slots[1], slots[2], slots[3], depth, pack, Reader(a), Reader(b), whole, d == "f16");
    }

    private static Func<ulong, int, double> Reader(string type) => type switch
    {
        "f16" => (bits, i) => H(bits >> (16 * i)),
        "bf16" => (bits, i) => B(bits >> (16 * i)),
        // The lower 13 bits of a tf32 are not looked at.
        "tf32" => (bits, _) => F(bits & 0xFFFFE000),
        "s8" => (bits, i) => (sbyte)(bits >> (8 * i)),
        "u8" => (bits, i) => (byte)(bits >> (8 * i)),
        _ => throw new UnreachableException($"Nothing multiplies {type}."),
    };

    private sealed class MultiplyOperation(
        int[] d, int[] a, int[] b, int[] c, int depth, int pack, Func<ulong, int, double> readA, Func<ulong, int, double> readB, bool whole, bool half) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            warp.RequireAll(lanes);
            if (lanes != ~0u)
                throw new EmulationException(Fault.Divergence, "mma needs all 32 lanes");
            var registers = warp.Registers;
            Span<double> left = stackalloc double[16 * depth];
            Span<double> right = stackalloc double[depth * 8];
            for (var lane = 0; lane < 32; lane++)
            {
                var (g, t) = (lane >> 2, lane & 3);
                for (var r = 0; r < a.Length; r++)
                {
                    var bits = registers[(a[r] * 32) + lane];
                    for (var i = 0; i < pack; i++)
                        left[((g + (8 * (r % 2))) * depth) + (pack * t) + (4 * pack * (r / 2)) + i] = readA(bits, i);
                }
                for (var r = 0; r < b.Length; r++)
                {
                    var bits = registers[(b[r] * 32) + lane];
                    for (var i = 0; i < pack; i++)
                        right[(g * depth) + (pack * t) + (4 * pack * r) + i] = readB(bits, i);
                }
            }
            Span<double> results = stackalloc double[16 * 8];
            var truncate = warp.Cta.Options.TruncateMatrixSums && !whole;
            for (var lane = 0; lane < 32; lane++)
            {
                for (var r = 0; r < 4; r++)
                {
                    var (row, column) = ((lane >> 2) + (8 * (r / 2)), (2 * (lane & 3)) + (r % 2));
                    var start = half ? H(registers[(c[r / 2] * 32) + lane] >> (16 * (r % 2))) : whole ? (int)registers[(c[r] * 32) + lane] : F(registers[(c[r] * 32) + lane]);
                    var x = left.Slice(row * depth, depth);
                    var y = right.Slice(column * depth, depth);
                    results[(row * 8) + column] = truncate ? MatrixSums.Truncated(start, x, y) : MatrixSums.Exact(start, x, y);
                }
            }
            for (var lane = 0; lane < 32; lane++)
            {
                for (var r = 0; r < 4; r++)
                {
                    var result = results[(((lane >> 2) + (8 * (r / 2))) * 8) + (2 * (lane & 3)) + (r % 2)];
                    if (half)
                    {
                        ref var pair = ref registers[(d[r / 2] * 32) + lane];
                        pair = r % 2 == 0 ? H(result) : (pair & 0xFFFF) | (H(result) << 16);
                    }
                    else
                    {
                        registers[(d[r] * 32) + lane] = whole ? (uint)(long)result : F((float)result);
                    }
                }
            }
        }
    }
}

/// <summary>Sums of products for one element of a matrix product.</summary>
internal static class MatrixSums
{
    /// <summary>In double precision: products of 16-bit numbers are exact there, and a sum of 17 is off by less than 2^-48 of its largest part.</summary>
    public static double Exact(double start, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = start;
        for (var i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    /// <summary>
    /// As tensor cores were observed to sum (Fasi, Higham, Mikaitis, Pranesh, "Numerical behavior of NVIDIA tensor cores", 2021): products
    /// exact, groups of eight and the sum so far aligned to the largest exponent, bits below its 24th cut off.
    /// </summary>
    public static double Truncated(double start, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        const int group = 8;
        var sum = start;
        for (var first = 0; first < x.Length; first += group)
        {
            var last = Math.Min(first + group, x.Length);
            var largest = Math.Abs(sum);
            for (var i = first; i < last; i++)
                largest = Math.Max(largest, Math.Abs(x[i] * y[i]));
            if (largest == 0 || !double.IsFinite(largest))
                return Exact(start, x, y);
            var quantum = Math.ScaleB(1, Math.ILogB(largest) - 23);
            var total = Math.Truncate(sum / quantum);
            for (var i = first; i < last; i++)
                total += Math.Truncate(x[i] * y[i] / quantum);
            sum = Rounding.Narrow(total * quantum, FloatFormat.Single, RoundingMode.Zero);
        }
        return sum;
    }
}
