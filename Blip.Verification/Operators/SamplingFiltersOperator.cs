using Blip.Kernels;
using Blip.Verification.Cases;
using ILGPU.Runtime;

namespace Blip.Verification.Operators;

/// <summary>Filters work in place: each run first copies the scores, and the copy's bytes count.</summary>
internal sealed class SamplingFiltersOperator(ScoreCase test, FilterCase filter, float[]? given = null)
    : OperatorCase("samplingfilters", $"{filter} of {test}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ScoreCases.Small.SelectMany(test => ScoreCases.Filters.Select(filter => new SamplingFiltersOperator(test, filter))),
        .. ScoreCases.Filters.Select(filter => new SamplingFiltersOperator(ScoreCases.Real[0], filter) { Size = CaseSize.Real }),
    ];

    /// <summary>The portable kernels search bit by bit, slowly on a processor.</summary>
    public override TestedOn TestedOn => Size == CaseSize.Real ? TestedOn.Vectors : TestedOn.Every;

    /// <summary>The portable search uses one work-item per row.</summary>
    public override bool IsLong => filter.TopK is 0 or 1;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var device = buffers.Device;
        var values = given ?? test.Make();
        var original = buffers.Upload(values);
        var scores = buffers.Allocate<float>(values.Length);
        var scratch = buffers.Allocate<float>(values.Length);
        var args = filter.Args;
        (args.Scores, args.Scratch, args.Rows, args.Vocabulary) = (scores.View, scratch.View, test.Rows, test.Vocabulary);
        return new PreparedOperator(buffers)
        {
            Run = form =>
            {
                original.View.CopyTo(device.Stream, scores.View);
                SamplingFilters.Run(device, args);
            },
            Output = () => scores.ToArray(),
            Compare = () => Compare(values, scores.ToArray()),
            Bytes = 4.0 * sizeof(float) * values.Length,
        };
    }

    private Agreement Compare(float[] scores, float[] actual) =>
        Agreement.Of(Enumerable.Range(0, test.Rows)
            .Select(row => filter.Wrong(test, test.Row(scores, row), test.Row(actual, row))).FirstOrDefault(wrong => wrong is not null));
}
