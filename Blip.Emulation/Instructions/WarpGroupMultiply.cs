using System.Runtime.CompilerServices;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;
using static Blip.Emulation.Instructions.Bits;

namespace Blip.Emulation.Instructions;

/// <summary>
/// wgmma: four warps multiply matrices in shared memory asynchronously. In m64nNk16, warp w of the four sums rows 16 w to 16 w + 15.
/// Register r of lane l is row l / 4 + 8 (r / 2 % 2), column 8 (r / 4) + 2 (l % 4) + r % 2. After wait_group the sums are in their
/// registers, and the matrices may be overwritten.
/// </summary>
internal static class WarpGroupMultiply
{
    public static Operation Decode(DecodeContext context)
    {
        var parts = context.Parts;
        switch (parts[1])
        {
            case "fence":
                context.Allow("fence", "sync", "aligned");
                return new Control.Act((warp, lanes) => warp.RequireAll(lanes));
            case "commit_group":
                context.Allow("commit_group", "sync", "aligned");
                return new Control.Act((warp, lanes) =>
                {
                    warp.RequireAll(lanes);
                    warp.Products.Commit();
                });
            case "wait_group":
                context.Allow("wait_group", "sync", "aligned");
                var newest = (int)context.Operand(0).Value;
                return new Control.Act((warp, lanes) =>
                {
                    warp.RequireAll(lanes);
                    warp.Products.Wait(warp, newest);
                });
            case "mma_async":
                return Multiply(context);
            default:
                throw context.Instruction.Unknown("unknown form");
        }
    }

    private static MultiplyOperation Multiply(DecodeContext context)
    {
        var parts = context.Parts;
        var shape = parts[4];
        var types = (parts[5], parts[6], parts[7]);
        if (!shape.StartsWith("m64n", StringComparison.Ordinal) || !shape.EndsWith("k16", StringComparison.Ordinal)
            || types is not (("f32", "f16", "f16") or ("f32", "bf16", "bf16")))
            throw context.Instruction.Unknown("only m64nNk16 of f16 or bf16, summed in f32");
        var columns = int.Parse(shape["m64n".Length..^"k16".Length], System.Globalization.CultureInfo.InvariantCulture);
        var sums = context.Operand(0).Elements;
        if (sums.Length != columns / 2 || context.Count != 8)
            throw context.Instruction.Unknown($"{columns / 2} sums, two descriptors, a predicate and four numbers are expected");
        var numbers = Enumerable.Range(4, 4).Select(i => (int)context.Operand(i).Value).ToArray();
        if (numbers[0] != 1 || numbers[1] != 1 || numbers[2] is not (0 or 1) || numbers[3] is not (0 or 1))
            throw context.Instruction.Unknown("only factors of 1");
        var adds = context.Operand(3);
        // Sums that are not added to need no values: reads are checked at execution.
        return new MultiplyOperation(
            [.. sums.Select(sum => sum.Slot)], context.Source(1, "b64"), context.Source(2, "b64"), context.PredicateSource(adds),
                adds.Negated,
            numbers[2] == 1, numbers[3] == 1, types.Item2 == "f16");
    }

    private sealed class MultiplyOperation(
        int[] sums, int a, int b, int adds, bool addsNegated, bool transposedA, bool transposedB, bool half) : Operation
    {
        public override void Execute(Warp warp, uint lanes)
        {
            warp.RequireAll(lanes);
            if (lanes != ~0u)
                throw new EmulationException(Fault.Divergence, "wgmma needs all 32 lanes");
            var first = new SharedMatrix(warp.Registers[a * 32], transposedA);
            var second = new SharedMatrix(warp.Registers[b * 32], transposedB);
            var product = new GroupProduct(sums, first, second, warp.Predicates[adds] != 0 ^ addsNegated, half);
            foreach (var slot in sums)
            {
                if (product.Adds && warp.Written[slot] != ~0u && !warp.Products.Holds(slot))
                    throw new EmulationException(Fault.Uninitialised, "a sum is added to and was never written");
                // Unreadable until the wait.
                warp.Written[slot] = 0;
            }
            product.Touch(warp);
            warp.Products.Add(product);
        }
    }
}

/// <summary>A matrix in shared memory, by its descriptor. Transposed: rows of the other dimension are contiguous.</summary>
internal sealed class SharedMatrix(ulong descriptor, bool transposed)
{
    private readonly ulong start = (descriptor & 0x3FFF) << 4;
    private readonly ulong leading = (descriptor >> 16 & 0x3FFF) << 4;
    private readonly ulong stride = (descriptor >> 32 & 0x3FFF) << 4;

    /// <summary>An element's address; outer counts rows of A or columns of B, k the depth.</summary>
    public ulong Address(int outer, int k)
    {
        // 1: rows of 128 bytes; 2: of 64.
        var layout = descriptor >> 62;
        if (layout != 1 && (layout != 2 || transposed))
            throw new EmulationException(Fault.Invalid,
                $"the descriptor 0x{descriptor:x} has a layout that is not known; swizzles of 128 bytes, and of 64 where k lies together, "
                    + $"are");
        var address = transposed
            ? start + ((ulong)(outer / 64) * leading) + ((ulong)(k / 8) * stride) + ((ulong)(k % 8) * 128) + ((ulong)(outer % 64) * 2)
            : start + ((ulong)(outer / 8) * stride) + ((ulong)(outer % 8) * (layout == 1 ? 128ul : 64)) + ((ulong)k * 2);
        // Pieces of 16 bytes are swizzled among the 8, or 4, of a row by the index of their 128 bytes.
        return address ^ ((address >> 7 & (layout == 1 ? 7ul : 3)) << 4);
    }
}

internal sealed class GroupProduct(int[] sums, SharedMatrix a, SharedMatrix b, bool adds, bool half)
{
    private const int Depth = 16;

    public bool Adds => adds;

    public int[] Sums => sums;

    /// <summary>Checks the matrices, which may be read from now on.</summary>
    public void Touch(Warp warp)
    {
        for (var k = 0; k < Depth; k++)
        {
            for (var row = 0; row < 16; row++)
                Read(warp, a.Address(FirstRow(warp) + row, k));
            for (var column = 0; column < sums.Length * 2; column++)
                Read(warp, b.Address(column, k));
        }
    }

    public void Finish(Warp warp)
    {
        var columns = sums.Length * 2;
        var left = new double[16 * Depth];
        var right = new double[columns * Depth];
        for (var k = 0; k < Depth; k++)
        {
            for (var row = 0; row < 16; row++)
                left[(row * Depth) + k] = Read(warp, a.Address(FirstRow(warp) + row, k));
            for (var column = 0; column < columns; column++)
                right[(column * Depth) + k] = Read(warp, b.Address(column, k));
        }
        var truncate = warp.Cta.Options.TruncateMatrixSums;
        for (var r = 0; r < sums.Length; r++)
        {
            for (var lane = 0; lane < 32; lane++)
            {
                var (row, column) = ((lane / 4) + (8 * (r / 2 % 2)), (8 * (r / 4)) + (2 * (lane % 4)) + (r % 2));
                ref var sum = ref warp.Registers[(sums[r] * 32) + lane];
                var begin = adds ? F(sum) : 0;
                var x = left.AsSpan(row * Depth, Depth);
                var y = right.AsSpan(column * Depth, Depth);
                sum = F((float)(truncate ? MatrixSums.Truncated(begin, x, y) : MatrixSums.Exact(begin, x, y)));
            }
            warp.Written[sums[r]] = ~0u;
        }
    }

    private static int FirstRow(Warp warp) => warp.Index % 4 * 16;

    private unsafe double Read(Warp warp, ulong address)
    {
        var bits = Unsafe.ReadUnaligned<ushort>(
            LaneMemory.Read(warp, 0, PtxSpace.Shared, address, 2, 2, warp.Cta.Options.CheckInitialised));
        return half ? H(bits) : B(bits);
    }
}

internal sealed class GroupProducts
{
    private readonly Queue<List<GroupProduct>> groups = [];
    private List<GroupProduct> open = [];

    public bool Any => open.Count > 0 || groups.Any(group => group.Count > 0);

    public void Clear()
    {
        groups.Clear();
        open = [];
    }

    public void Add(GroupProduct product) => open.Add(product);

    public bool Holds(int slot) => groups.SelectMany(group => group).Concat(open).Any(product => product.Sums.Contains(slot));

    public void Commit()
    {
        groups.Enqueue(open);
        open = [];
    }

    public void Wait(Warp warp, int newest)
    {
        while (groups.Count > newest)
        {
            foreach (var product in groups.Dequeue())
                product.Finish(warp);
            // Sums of later products are still in progress.
            foreach (var slot in groups.SelectMany(group => group).Concat(open).SelectMany(product => product.Sums))
                warp.Written[slot] = 0;
        }
    }
}
