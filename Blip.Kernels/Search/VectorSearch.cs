using System.Globalization;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The first k of many vectors by their dot product with a query, exactly: the same that a sort of all scores in double would give.
/// </summary>
/// <remarks>
/// <para>
/// One pass over the vectors leaves the best score, in float, of every block of 16 of them. The k-th highest of these is no higher than
/// the k-th highest of all, so that a block whose best lies below it, by more than rounding can explain, holds nothing that is wanted.
/// The blocks that remain, k of them and a few, are scored again in double, on the host, and sorted; equal scores go by position.
/// </para>
/// <para>
/// How much rounding can explain: a dot product of n floats, added in any order, fused or not, is off by no more than
/// γₙ ‖q‖ ‖v‖ with γₙ = n u / (1 - n u) and u = 2⁻²⁴ (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1, and
/// Cauchy-Schwarz): 1.5e-5 for 256 values and vectors of length one. Both sides of the comparison may be off by it, so that twice as
/// much is allowed for. Scores in double are off by 2.9e-14 at most; scores nearer to each other than twice that come in the
/// order of their rounded sums.
/// </para>
/// <para>
/// Variants: <see cref="VectorSearchSimd"/> on the CPU accelerator, <see cref="VectorSearchPortable"/> on every other device.
/// Times: docs/measurements.
/// </para>
/// </remarks>
public static class VectorSearch
{
    /// <summary>Most values that a vector may have: beyond it the bound on rounding says nothing.</summary>
    public const int MaxDimension = 1 << 16;

    /// <summary>Vectors whose best score is kept.</summary>
    internal const int Block = 16;

    // The scores of that many queries are kept at a time: 16 MB of them for a million vectors.
    private const int QueriesAtOnce = 64;

    // Beyond it a dot product might overflow.
    private const double LargestScore = 1e37;

    /// <summary>Finds the first vectors for each of some queries, best first; fewer than <paramref name="k"/> where there are fewer.</summary>
    /// <param name="device">Where the vectors live.</param>
    /// <param name="args">The vectors.</param>
    /// <param name="queries">[queries, dimension]. Several share a pass over the vectors, which takes most of the time.</param>
    /// <param name="k">How many to find for each, at least 1.</param>
    /// <exception cref="ArgumentException">A size is out of range, a view is too short, or a query holds a number that is not finite.</exception>
    public static SearchHit[][] Run(Device device, in VectorSearchArgs args, ReadOnlySpan<float> queries, int k)
    {
        // The last block's positions are counted, too.
        ShapeCheck.Within(args.Count, 0, int.MaxValue - Block, nameof(args.Count));
        ShapeCheck.Within(args.Dimension, 1, MaxDimension, nameof(args.Dimension));
        ShapeCheck.AtLeast(k, 1, nameof(k));
        ShapeCheck.Holds(args.Vectors, (long)args.Count * args.Dimension, nameof(args.Vectors), "[count, dimension]");
        ShapeCheck.EmptyOrHolds(args.LeftOut, args.Count, nameof(args.LeftOut), "[count]");
        if (queries.Length % args.Dimension != 0)
            throw new ArgumentException($"queries holds {queries.Length} values, which are no vectors of {args.Dimension}.", nameof(queries));
        if (!(args.LargestNorm > 0) || float.IsInfinity(args.LargestNorm))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"LargestNorm is {args.LargestNorm}; it must be positive."), nameof(args));
        var bounds = Bounds(queries, args);

        var found = new SearchHit[bounds.Length][];
        for (var first = 0; first < found.Length; first += QueriesAtOnce)
        {
            var count = Math.Min(QueriesAtOnce, found.Length - first);
            var some = queries.Slice(first * args.Dimension, count * args.Dimension);
            Run(device, args, some, bounds.AsSpan(first, count), k, found.AsSpan(first, count));
        }
        return found;
    }

    private static void Run(
        Device device, in VectorSearchArgs args, ReadOnlySpan<float> queries, ReadOnlySpan<double> bounds, int k, Span<SearchHit[]> found)
    {
        var blocks = (int)(((long)args.Count + Block - 1) / Block);
        using var maxima = device.Allocate<float>((long)blocks * found.Length, zeroed: false);
        using (var uploaded = device.Upload(queries))
        {
            Scan(device, args, uploaded.View, found.Length, maxima.View);
            device.Synchronize();
        }
        var best = new float[blocks];
        for (var i = 0; i < found.Length; i++)
        {
            maxima.CopyTo(best, (long)i * blocks);
            var hits = new BestHits(k);
            var chosen = SearchBlocks.Choose(best, k, 2 * bounds[i]);
            var query = queries.Slice(i * args.Dimension, args.Dimension);
            if (device.RunsPortable)
                VectorSearchPortable.Rescore(device, args, query, chosen, hits);
            else
                VectorSearchSimd.Rescore(args, query, chosen, hits);
            found[i] = hits.Sorted();
        }
    }

    /// <summary>The first pass: the best score in each block of vectors, [queries, blocks]; -∞ where none can be found.</summary>
    internal static void Scan(Device device, in VectorSearchArgs args, ArrayView<float> queries, int queryCount, ArrayView<float> maxima)
    {
        if (args.Count > 0 && device.RunsPortable)
            VectorSearchPortable.Scan(device, args, queries, queryCount, maxima);
        else if (args.Count > 0)
            VectorSearchSimd.Scan(device, args, queries, queryCount, maxima);
    }

    // The error bound of each query's scores, its counterpart in double included.
    private static double[] Bounds(ReadOnlySpan<float> queries, in VectorSearchArgs args)
    {
        var bounds = new double[queries.Length / args.Dimension];
        for (var i = 0; i < bounds.Length; i++)
        {
            var squares = 0.0;
            foreach (var value in queries.Slice(i * args.Dimension, args.Dimension))
                squares += (double)value * value;
            var largest = Math.Sqrt(squares) * args.LargestNorm;
            if (!(largest <= LargestScore))
                throw new ArgumentException($"query {i} holds values that are not finite, or too large to be searched for.", nameof(queries));
            bounds[i] = Bound(args.Dimension, largest);
        }
        return bounds;
    }

    /// <summary>The most by which a dot product of floats may be off, where the product of the two lengths is no more than <paramref name="largest"/>.</summary>
    internal static double Bound(int dimension, double largest)
    {
        const double Unit = 1.0 / (1 << 24);
        // The sum in double, the norms' own rounding, and products that vanish below the least normal float.
        const double Others = 1 + 1e-6;
        const double LeastNormal = 1.1754943508222875e-38;
        return (dimension * Unit / (1 - (dimension * Unit)) * largest * Others) + (2 * dimension * LeastNormal);
    }
}
