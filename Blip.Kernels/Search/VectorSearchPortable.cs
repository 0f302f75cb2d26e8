using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// In large groups, a work-item sums one vector's products; the group stages narrow columns in shared memory for coalesced reads. In small
/// ones, work-items read vectors directly. The chosen blocks go to the host, since some devices lack double.
/// </summary>
internal static class VectorSearchPortable
{
    // Columns in shared memory, a divisor of every group size here, and the queries that share them.
    private const int Columns = 16, Queries = 4;

    // Blocks fetched at once: 64 MiB for vectors of 256 values.
    private const int BlocksAtOnce = 4096;

    public static void Scan(Device device, in VectorSearchArgs args, ArrayView<float> queries, int queryCount, ArrayView<float> maxima)
    {
        var leftOut = device.OrEmpty(args.LeftOut);
        var blocks = (int)(((long)args.Count + VectorSearch.Block - 1) / VectorSearch.Block);
        var group = device.GroupSize;
        if (group < VectorSearch.Block)
        {
            device.Launch(
                new KernelConfig(blocks, group),
                new Direct(args.Vectors, leftOut, queries, maxima, new(args, blocks, 0, queryCount)));
            return;
        }
        var groups = (int)(((long)args.Count + group - 1) / group);
        for (var first = 0; first < queryCount; first += Queries)
        {
            device.Launch(
                new KernelConfig(groups, group),
                new Shared(args.Vectors, leftOut, queries, maxima, new(args, blocks, first, Math.Min(queryCount, first + Queries))));
        }
    }

    public static void Rescore(Device device, in VectorSearchArgs args, ReadOnlySpan<float> query, List<int> chosen, BestHits hits)
    {
        var most = Math.Min(chosen.Count, BlocksAtOnce);
        if (most == 0)
            return;
        using var blocks = device.Allocate<int>(most, zeroed: false);
        using var rows = device.Allocate<float>((long)most * VectorSearch.Block * args.Dimension, zeroed: false);
        using var flags = device.Allocate<byte>((long)most * VectorSearch.Block, zeroed: false);
        var (rowsHere, flagsHere) = (new float[rows.Length], new byte[flags.Length]);
        for (var start = 0; start < chosen.Count; start += BlocksAtOnce)
        {
            var some = chosen.Slice(start, Math.Min(BlocksAtOnce, chosen.Count - start));
            blocks.CopyFrom(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(some));
            device.Launch(
                new KernelConfig(some.Count * VectorSearch.Block, device.GroupSize),
                new Gather(args.Vectors, device.OrEmpty(args.LeftOut), blocks.View, rows.View, flags.View, new(args, some.Count, 0, 0)));
            rows.CopyTo(rowsHere.AsSpan(0, some.Count * VectorSearch.Block * args.Dimension));
            flags.CopyTo(flagsHere.AsSpan(0, some.Count * VectorSearch.Block));
            for (var i = 0; i < some.Count; i++)
            {
                hits.OfferRows(
                    rowsHere.AsSpan(i * VectorSearch.Block * args.Dimension, VectorSearch.Block * args.Dimension),
                    flagsHere.AsSpan(i * VectorSearch.Block, VectorSearch.Block), query, some[i] * VectorSearch.Block);
            }
        }
    }

    /// <summary>A group per block, with fewer work-items than vectors.</summary>
    [Kernel]
    internal readonly struct Direct(
        ArrayView<float> vectors, ArrayView<byte> leftOut, ArrayView<float> queries, ArrayView<float> maxima, Shape shape) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var first = Grid.IdxX * VectorSearch.Block;
            for (var query = 0; query < shape.EndQuery; query++)
            {
                var best = float.NegativeInfinity;
                for (var row = Group.IdxX; row < VectorSearch.Block; row += Group.DimX)
                {
                    if (shape.Finds(leftOut, first + row))
                        best = IntrinsicMath.Max(
                            best, Dot(vectors, (long)(first + row) * shape.Dimension, queries, query * shape.Dimension, shape.Dimension));
                }
                best = GroupReduction.Max(best, shared);
                if (Group.IdxX == 0)
                    maxima[((long)query * shape.Blocks) + Grid.IdxX] = best;
            }
        }
    }

    /// <summary>A group per as many vectors as work-items, a multiple of a block.</summary>
    [Kernel]
    internal readonly struct Shared(
        ArrayView<float> vectors, ArrayView<byte> leftOut, ArrayView<float> queries, ArrayView<float> maxima, Shape shape) : IDeviceKernel
    {
        public void Run()
        {
            // One unused column avoids bank conflicts.
            const int Stride = Columns + 1;
            var tile = SharedMemory.Allocate<float>(Device.MaxGroupSize * Stride);
            var scores = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var first = (long)Grid.IdxX * Group.DimX;
            var (column, line, lines) = (Group.IdxX % Columns, Group.IdxX / Columns, Group.DimX / Columns);
            // Fewer than four queries repeat the last.
            var q0 = shape.FirstQuery * shape.Dimension;
            var q1 = IntrinsicMath.Min(shape.FirstQuery + 1, shape.EndQuery - 1) * shape.Dimension;
            var q2 = IntrinsicMath.Min(shape.FirstQuery + 2, shape.EndQuery - 1) * shape.Dimension;
            var q3 = IntrinsicMath.Min(shape.FirstQuery + 3, shape.EndQuery - 1) * shape.Dimension;
            float s0 = 0f, s1 = 0f, s2 = 0f, s3 = 0f;
            for (var start = 0; start < shape.Dimension; start += Columns)
            {
                for (var row = line; row < Group.DimX; row += lines)
                {
                    var inside = first + row < shape.Count && start + column < shape.Dimension;
                    tile[(row * Stride) + column] = inside ? vectors[((first + row) * shape.Dimension) + start + column] : 0f;
                }
                Group.Barrier();
                var width = IntrinsicMath.Min(Columns, shape.Dimension - start);
                for (var i = 0; i < width; i++)
                {
                    var value = tile[(Group.IdxX * Stride) + i];
                    s0 += value * queries[q0 + start + i];
                    s1 += value * queries[q1 + start + i];
                    s2 += value * queries[q2 + start + i];
                    s3 += value * queries[q3 + start + i];
                }
                Group.Barrier();
            }
            Best(leftOut, maxima, scores, shape, first, shape.FirstQuery, s0);
            Best(leftOut, maxima, scores, shape, first, shape.FirstQuery + 1, s1);
            Best(leftOut, maxima, scores, shape, first, shape.FirstQuery + 2, s2);
            Best(leftOut, maxima, scores, shape, first, shape.FirstQuery + 3, s3);
        }
    }

    /// <summary>A group per vector of the chosen blocks copies it, and whether it can be found.</summary>
    [Kernel]
    internal readonly struct Gather(
        ArrayView<float> vectors, ArrayView<byte> leftOut, ArrayView<int> blocks, ArrayView<float> rows, ArrayView<byte> flags,
            Shape shape) : IDeviceKernel
    {
        public void Run()
        {
            var row = (blocks[Grid.IdxX / VectorSearch.Block] * VectorSearch.Block) + (Grid.IdxX % VectorSearch.Block);
            var found = shape.Finds(leftOut, row);
            if (Group.IdxX == 0)
                flags[Grid.IdxX] = found ? (byte)0 : (byte)1;
            for (var i = Group.IdxX; i < shape.Dimension; i += Group.DimX)
                rows[((long)Grid.IdxX * shape.Dimension) + i] = found ? vectors[((long)row * shape.Dimension) + i] : 0f;
        }
    }

    // Eight independent sums, which processors' compilers vectorize.
    private static float Dot(ArrayView<float> vectors, long row, ArrayView<float> queries, int query, int dimension)
    {
        float a = 0f, b = 0f, c = 0f, d = 0f, e = 0f, f = 0f, g = 0f, h = 0f;
        var i = 0;
        for (; i + 8 <= dimension; i += 8)
        {
            a += vectors[row + i] * queries[query + i];
            b += vectors[row + i + 1] * queries[query + i + 1];
            c += vectors[row + i + 2] * queries[query + i + 2];
            d += vectors[row + i + 3] * queries[query + i + 3];
            e += vectors[row + i + 4] * queries[query + i + 4];
            f += vectors[row + i + 5] * queries[query + i + 5];
            g += vectors[row + i + 6] * queries[query + i + 6];
            h += vectors[row + i + 7] * queries[query + i + 7];
        }
        for (; i < dimension; i++)
            a += vectors[row + i] * queries[query + i];
        return a + b + (c + d) + (e + f + (g + h));
    }

    private static void Best(
        ArrayView<byte> leftOut, ArrayView<float> maxima, ArrayView<float> scores, Shape shape, long first, int query, float score)
    {
        var row = first + Group.IdxX;
        scores[Group.IdxX] = shape.Finds(leftOut, row) ? score : float.NegativeInfinity;
        Group.Barrier();
        if (Group.IdxX % VectorSearch.Block == 0 && row < shape.Count && query < shape.EndQuery)
        {
            var best = scores[Group.IdxX];
            for (var i = 1; i < VectorSearch.Block; i++)
                best = IntrinsicMath.Max(best, scores[Group.IdxX + i]);
            maxima[((long)query * shape.Blocks) + (row / VectorSearch.Block)] = best;
        }
        Group.Barrier();
    }

    internal readonly struct Shape(in VectorSearchArgs args, int blocks, int firstQuery, int endQuery)
    {
        public readonly int Count = args.Count, Dimension = args.Dimension, Blocks = blocks, FirstQuery = firstQuery, EndQuery = endQuery;
        private readonly int hasLeftOut = args.LeftOut.Length > 0 ? 1 : 0;

        public bool Finds(ArrayView<byte> leftOut, long row)
        {
            if (row >= Count)
                return false;
            return hasLeftOut == 0 || leftOut[row] == 0;
        }
    }
}
