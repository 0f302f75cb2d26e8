using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Other columns stay. The copy back is the gradient.</summary>
internal sealed class ColumnCopyOperator(int rows, ColumnRange columns) : OperatorCase(
    "columncopy", $"{rows} x {columns.Count} columns, {columns.XFirst} of {columns.XWidth} to {columns.YFirst} of {columns.YWidth}")
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. ElementwiseCases.ColumnCopies.Select(test => new ColumnCopyOperator(test.Rows, test.Columns)),
        .. ElementwiseCases.RealColumnCopies.Select(test => new ColumnCopyOperator(test.Rows, test.Columns) { Size = CaseSize.Real }),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (from, to) = (ElementwiseCases.Terms(rows * columns.XWidth).A, ElementwiseCases.Terms(rows * columns.YWidth).B);
        var x = buffers.Upload(from);
        var y = buffers.Upload(to);
        return new PreparedOperator(buffers)
        {
            Run = form => ColumnCopy.Run(buffers.Device, x.View, y.View, rows, columns),
            Output = () => y.ToArray(),
            Compare = () => Agreement.Exact(ColumnCopyReference.Run(from, to, rows, columns), y.ToArray()),
            Bytes = 2.0 * sizeof(float) * rows * columns.Count,
        };
    }
}
