using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal readonly unsafe struct PositionInterpolationCpu(
    ArrayView<float> positions, ArrayView<float> y, RowTasks rows, GridShape shape) : IVectorOperator
{
    private readonly float* positions = Cpu.Pointer(positions), y = Cpu.Pointer(y);
    private readonly RowTasks rows = rows;
    private readonly GridShape shape = shape;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var hidden = shape.Hidden;
        for (var i = rows.First(task); i < rows.End(task); i++)
        {
            var to = y + ((long)i * hidden);
            if (i == 0)
            {
                RowMath.Copy(positions, to, hidden);
                continue;
            }
            var sourceRow = PositionInterpolation.Source((i - 1) / shape.NewColumns, shape.RowScale);
            var sourceColumn = PositionInterpolation.Source((i - 1) % shape.NewColumns, shape.ColumnScale);
            var (row, column) = ((int)MathF.Floor(sourceRow), (int)MathF.Floor(sourceColumn));
            new Span<float>(to, hidden).Clear();
            for (var below = -1; below <= 2; below++)
            {
                var line = 1 + ((long)Math.Clamp(row + below, 0, shape.Rows - 1) * shape.Columns);
                for (var right = -1; right <= 2; right++)
                {
                    var weight = Weight(MathF.Abs(sourceRow - row - below)) * Weight(MathF.Abs(sourceColumn - column - right));
                    var from = positions + ((line + Math.Clamp(column + right, 0, shape.Columns - 1)) * hidden);
                    if (weight != 0)
                        RowMath.AddScaled<TVector>(from, weight, to, hidden);
                }
            }
        }
    }

    private static float Weight(float distance) =>
        distance <= 1 ? PositionInterpolation.Near(distance) : PositionInterpolation.Far(distance);
}
