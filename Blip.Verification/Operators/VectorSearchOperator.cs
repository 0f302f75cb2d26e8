using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Hits are compared with sorted scores in double.</summary>
internal sealed class VectorSearchOperator(SearchCase test) : OperatorCase("vectorsearch", test.ToString())
{
    private const int Million = 1_000_000;

    /// <summary>Every case, and first passes.</summary>
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. SearchCases.Real.Select(test => new VectorSearchOperator(test) { Size = CaseSize.Real }),
        .. SearchCases.Small.Select(test => new VectorSearchOperator(test)),
        .. SearchCases.Small.Where(test => test is { Count: 257 or 272 or 300 }).Select(test => new BlockMaximaOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => IsLong ? TestedOn.None : TestedOn.Every;

    /// <inheritdoc/>
    public override bool IsLong => test.Count >= Million;

    /// <inheritdoc/>
    public override double Operations => 2.0 * test.Count * test.Dimension * test.Queries;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (vectors, leftOut, queries) = test.Make();
        var args = new VectorSearchArgs
        {
            Vectors = buffers.Upload(vectors).View,
            LeftOut = buffers.Upload(leftOut).View,
            Count = test.Count,
            Dimension = test.Dimension,
            LargestNorm = SearchCases.LargestNorm,
        };
        SearchHit[][] found = [];
        return new PreparedOperator(buffers)
        {
            Run = form => found = VectorSearch.Run(buffers.Device, args, queries, test.K),
            Compare = () => found.Length != test.Queries
                ? Agreement.Of($"{found.Length} lists, not {test.Queries}")
                : found.Select((hits, i) => Agreement.Exact(Expected(i), hits, $"query {i}, hit"))
                    .Aggregate((worst, next) => worst.Or(next)),
            Bytes = test.Bytes,
        };

        SearchHit[] Expected(int query) => VectorSearchReference.Run(
            vectors, leftOut, test.Count, test.Dimension, queries.AsSpan(query * test.Dimension, test.Dimension), test.K);
    }
}
