using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary>A search's first pass: each block's best score. The search hides scores that are too high: it only scans more.</summary>
internal sealed class BlockMaximaOperator(SearchCase test) : OperatorCase("vectorsearch", $"blocks' best for {test}")
{
    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (vectors, leftOut, queries) = test.Make();
        var uploaded = buffers.Upload(queries);
        var blocks = (test.Count + VectorSearch.Block - 1) / VectorSearch.Block;
        var maxima = buffers.Allocate<float>((long)blocks * test.Queries);
        var args = new VectorSearchArgs
        {
            Vectors = buffers.Upload(vectors).View,
            LeftOut = buffers.Upload(leftOut).View,
            Count = test.Count,
            Dimension = test.Dimension,
            LargestNorm = SearchCases.LargestNorm,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => VectorSearch.Scan(
                buffers.Device, args, uploaded.View, test.Queries, maxima.View),
            Output = () => maxima.ToArray(),
            Compare = () => Agreement.Within(
                [.. Enumerable.Range(0, blocks * test.Queries).Select(i => Best(i / blocks, i % blocks))], maxima.ToArray(),
                _ => VectorSearch.Bound(test.Dimension, SearchCases.LargestNorm * SearchCases.LargestNorm), "block"),
            Bytes = test.Bytes,
        };

        double Best(int query, int block) => Enumerable.Range(block * VectorSearch.Block, VectorSearch.Block)
            .Where(row => row < test.Count && (leftOut.Length == 0 || leftOut[row] == 0))
            .Select(row => Enumerable.Range(0, test.Dimension)
                .Sum(c => (double)vectors[(row * test.Dimension) + c] * queries[(query * test.Dimension) + c]))
            .DefaultIfEmpty(double.NegativeInfinity).Max();
    }
}
