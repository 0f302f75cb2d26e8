using System.Diagnostics;
using System.Runtime.Intrinsics;
using Blip.Emulation.Machine;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>
/// mma.sync of 16 by 8 results: f16 and bf16 with k of 8 and 16, tf32 with k of 4 and 8, 8-bit integers with k of 16 and 32. Let g = lane /
/// 4, t = lane % 4, and p the elements in a 32-bit register (2 of 16 bits, 1 of tf32, 4 of 8 bits). Register r of A holds row g + 8 (r %
/// 2), columns p t + 4 p (r / 2) onwards. Register r of B holds rows p t + 4 p r onwards of column g. C and D hold row g + 8 (r / 2),
/// column 2 t + r % 2 (PTX ISA, "Matrix Fragments for mma.m16n8k…").
/// </summary>
internal static class MatrixMultiply
{
    public static Operation Decode(DecodeContext context)
    {
        var parts = context.Parts;
        context.Allow("sync", "aligned", "m16n8k4", "m16n8k8", "m16n8k16", "m16n8k32", "row", "col", "satfinite");
        if (parts.Length < 10 || parts[1] != "sync" || parts[2] != "aligned" || parts[4] != "row" || parts[5] != "col"
            || context.Has("satfinite"))
            throw context.Instruction.Unknown("unknown form");
        var depth = int.Parse(parts[3].AsSpan("m16n8k".Length), System.Globalization.CultureInfo.InvariantCulture);
        var (d, a, b, c) = (parts[6], parts[7], parts[8], parts[9]);
        var whole = a is "s8" or "u8";
        var pack = a switch
        {
            "f16" or "bf16" => 2,
            "tf32" => 1,
            "s8" or "u8" => 4,
            _ => throw context.Instruction.Unknown("unknown type of A")
        };
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
                throw context.Instruction.Unknown(
                    $"operand {operand + 1} has {context.Operand(operand).Elements.Length} registers; {count} are expected");
        }
        var slots = registers.Select(pair => context.Operand(pair.Item1).Elements
            .Select(element => pair.Item1 == 0 ? context.Target(element) : context.Source(element, "b32")).ToArray()).ToArray();
        var sums = d == "f16" ? MatrixSum.Half : whole ? MatrixSum.Whole : MatrixSum.Single;
        return new MultiplyOperation(slots[0], slots[1], slots[2], slots[3], depth, pack, Widening.Of(a), Widening.Of(b), sums);
    }
}

internal enum MatrixSum
{
    Single,
    Half,
    Whole,
}

/// <summary>Fragments become matrices of doubles, whose rows of eight columns are summed at once.</summary>
internal sealed class MultiplyOperation(
    int[] d, int[] a, int[] b, int[] c, int depth, int pack, Widen widenA, Widen widenB, MatrixSum sums) : Operation
{
    private const int Rows = 16;
    private const int Columns = 8;

    public override void Execute(Warp warp, uint lanes)
    {
        warp.RequireAll(lanes);
        if (lanes != ~0u)
            throw new EmulationException(Fault.Divergence, "mma needs all 32 lanes");
        var registers = warp.Registers;
        Span<double> left = stackalloc double[Rows * depth];
        Span<double> right = stackalloc double[depth * Columns];
        Span<double> results = stackalloc double[Rows * Columns];
        ReadLeft(registers, left);
        ReadRight(registers, right);
        ReadSums(registers, results);
        if (warp.Cta.Options.TruncateMatrixSums && sums != MatrixSum.Whole)
            Truncated(left, right, results);
        else
            Exact(left, right, results);
        WriteSums(registers, results);
    }

    private void ReadLeft(ulong[] registers, Span<double> left)
    {
        Span<float> values = stackalloc float[32];
        for (var r = 0; r < a.Length; r++)
        {
            for (var i = 0; i < pack; i++)
            {
                widenA(registers.AsSpan(a[r] * 32, 32), i, values);
                var to = left[((8 * (r % 2) * depth) + (4 * pack * (r / 2)) + i)..];
                for (var lane = 0; lane < values.Length; lane++)
                    to[((lane >> 2) * depth) + (pack * (lane & 3))] = values[lane];
            }
        }
    }

    // By rows, unlike the fragments, so that a row's columns are contiguous.
    private void ReadRight(ulong[] registers, Span<double> right)
    {
        Span<float> values = stackalloc float[32];
        for (var r = 0; r < b.Length; r++)
        {
            for (var i = 0; i < pack; i++)
            {
                widenB(registers.AsSpan(b[r] * 32, 32), i, values);
                var to = right[(((4 * pack * r) + i) * Columns)..];
                for (var lane = 0; lane < values.Length; lane++)
                    to[(pack * (lane & 3) * Columns) + (lane >> 2)] = values[lane];
            }
        }
    }

    // Register r of lane l is row l / 4 + 8 (r / 2), column 2 (l % 4) + r % 2: the element 64 (r / 2) + 2 l + r % 2.
    private void ReadSums(ulong[] registers, Span<double> results)
    {
        for (var r = 0; r < 4; r++)
        {
            var from = registers.AsSpan((sums == MatrixSum.Half ? c[r / 2] : c[r]) * 32, 32);
            var to = results[((r / 2 * 64) + (r % 2))..];
            for (var lane = 0; lane < from.Length; lane++)
            {
                to[2 * lane] = sums switch
                {
                    MatrixSum.Half => H(from[lane] >> (16 * (r % 2))),
                    MatrixSum.Whole => (int)from[lane],
                    MatrixSum.Single => F(from[lane]),
                    _ => throw new UnreachableException($"No sums are kept as {sums}."),
                };
            }
        }
    }

    private void WriteSums(ulong[] registers, ReadOnlySpan<double> results)
    {
        for (var r = 0; r < 4; r++)
        {
            var to = registers.AsSpan((sums == MatrixSum.Half ? d[r / 2] : d[r]) * 32, 32);
            var from = results[((r / 2 * 64) + (r % 2))..];
            for (var lane = 0; lane < to.Length; lane++)
            {
                var result = from[2 * lane];
                to[lane] = sums switch
                {
                    MatrixSum.Half => r % 2 == 0 ? H(result) : (to[lane] & 0xFFFF) | (H(result) << 16),
                    MatrixSum.Whole => (uint)(long)result,
                    MatrixSum.Single => F((float)result),
                    _ => throw new UnreachableException($"No sums are kept as {sums}."),
                };
            }
        }
    }

    // As in MatrixSums.Exact, products are exact in double, so that a fused sum rounds like theirs.
    private void Exact(ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> results)
    {
        for (var row = 0; row < Rows; row++)
        {
            var place = results.Slice(row * Columns, Columns);
            var sum = Vector512.Create<double>(place);
            for (var k = 0; k < depth; k++)
            {
                var factors = Vector512.Create<double>(right.Slice(k * Columns, Columns));
                sum = Vector512.FusedMultiplyAdd(Vector512.Create(left[(row * depth) + k]), factors, sum);
            }
            sum.CopyTo(place);
        }
    }

    private void Truncated(ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> results)
    {
        Span<double> y = stackalloc double[depth];
        for (var column = 0; column < Columns; column++)
        {
            for (var k = 0; k < depth; k++)
                y[k] = right[(k * Columns) + column];
            for (var row = 0; row < Rows; row++)
            {
                ref var sum = ref results[(row * Columns) + column];
                sum = MatrixSums.Truncated(sum, left.Slice(row * depth, depth), y);
            }
        }
    }
}

internal static class MatrixSums
{
    /// <summary>
    /// In double precision: products of 16-bit numbers are exact, and a sum of 17 is off by less than 2^-48 of its largest part.
    /// </summary>
    public static double Exact(double start, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = start;
        for (var i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    /// <summary>
    /// As observed on tensor cores (Fasi, Higham, Mikaitis, Pranesh, "Numerical behavior of NVIDIA tensor cores", 2021). Products are
    /// exact. Groups of eight and the sum so far are aligned to the largest exponent; bits below its 24th are cut off.
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
