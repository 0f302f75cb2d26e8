using System.Globalization;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The first k of many vectors by dot product with a query, exactly as a sort of all scores in double (decision 80).</summary>
/// <remarks>
/// <para>
/// A pass in float keeps the best score of each block of 16 vectors. Blocks that may hold a result are scored again in double on the host.
/// </para>
/// <para>
/// A dot product of n floats, in any order, fused or not, has an error of at most γₙ ‖q‖ ‖v‖ with γₙ = n u / (1 - n u) and u = 2⁻²⁴
/// (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1, and Cauchy-Schwarz). Both sides of the comparison may have it, so
/// the slack is twice as much. In double, the error is at most 2.9e-14 for 256 values and vectors of length one. Scores nearer than twice
/// that come in the order of their rounded sums.
/// </para>
/// <para>Variants: <see cref="VectorSearchSimd"/> (CPU), <see cref="VectorSearchPortable"/>.</para>
/// </remarks>
public static class VectorSearch
{
    /// <summary>The most values of a vector: beyond it the bound on rounding fails.</summary>
    public const int MaxDimension = 1 << 16;

    /// <summary>Vectors per block.</summary>
    internal const int Block = 16;

    // Queries whose scores are kept at a time: 16 MB for a million vectors.
    private const int QueriesAtOnce = 64;

    // Beyond it a dot product might overflow.
    private const double LargestScore = 1e37;

    /// <summary>Finds the first vectors for each query, best first; fewer than <paramref name="k"/> if there are fewer.</summary>
    /// <param name="device">The vectors' device.</param>
    /// <param name="args">The vectors.</param>
    /// <param name="queries">[queries, dimension]. Queries share a pass over the vectors.</param>
    /// <param name="k">Hits per query, at least 1.</param>
    /// <exception cref="ArgumentException">A size or view is invalid, or a query is not finite.</exception>
    public static SearchHit[][] Run(Device device, in VectorSearchArgs args, ReadOnlySpan<float> queries, int k)
    {
        // The last block's positions count, too.
        ShapeCheck.Within(args.Count, 0, int.MaxValue - Block, nameof(args.Count));
        ShapeCheck.Within(args.Dimension, 1, MaxDimension, nameof(args.Dimension));
        ShapeCheck.AtLeast(k, 1, nameof(k));
        ShapeCheck.Holds(args.Vectors, (long)args.Count * args.Dimension, nameof(args.Vectors), "[count, dimension]");
        ShapeCheck.EmptyOrHolds(args.LeftOut, args.Count, nameof(args.LeftOut), "[count]");
        if (queries.Length % args.Dimension != 0)
            throw new ArgumentException(
                $"queries holds {queries.Length} values, which are no vectors of {args.Dimension}.", nameof(queries));
        if (!(args.LargestNorm > 0) || float.IsInfinity(args.LargestNorm))
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"LargestNorm is {args.LargestNorm}; it must be positive."), nameof(args));
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

    /// <summary>The first pass: the best score per block [queries, blocks]; -∞ where no vector can be found.</summary>
    internal static void Scan(Device device, in VectorSearchArgs args, ArrayView<float> queries, int queryCount, ArrayView<float> maxima)
    {
        if (args.Count > 0 && device.RunsPortable)
            VectorSearchPortable.Scan(device, args, queries, queryCount, maxima);
        else if (args.Count > 0)
            VectorSearchSimd.Scan(device, args, queries, queryCount, maxima);
    }

    // Each query's error bound, the error in double included.
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
                throw new ArgumentException(
                    $"query {i} holds values that are not finite, or too large to be searched for.", nameof(queries));
            bounds[i] = Bound(args.Dimension, largest);
        }
        return bounds;
    }

    /// <summary>The largest error of a float dot product if the lengths' product is at most <paramref name="largest"/>.</summary>
    internal static double Bound(int dimension, double largest)
    {
        const double Unit = 1.0 / (1 << 24);
        // The sum in double, the norms' rounding, and products below the least normal float.
        const double Others = 1 + 1e-6;
        const double LeastNormal = 1.1754943508222875e-38;
        return (dimension * Unit / (1 - (dimension * Unit)) * largest * Others) + (2 * dimension * LeastNormal);
    }
}
