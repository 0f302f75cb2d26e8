using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>CPU variant of <see cref="PositionInterpolation"/>: a few positions per task, the sixteen weights taken once for each.</summary>
internal unsafe struct PositionInterpolationCpu : ICpuOperator
{
    public float* Positions, Y;
    public RowTasks Rows;
    public GridShape Shape;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        var hidden = Shape.Hidden;
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var to = Y + ((long)i * hidden);
            if (i == 0)
            {
                RowMath.Copy(Positions, to, hidden);
                continue;
            }
            var sourceRow = PositionInterpolation.Source((i - 1) / Shape.NewColumns, Shape.RowScale);
            var sourceColumn = PositionInterpolation.Source((i - 1) % Shape.NewColumns, Shape.ColumnScale);
            var (row, column) = ((int)MathF.Floor(sourceRow), (int)MathF.Floor(sourceColumn));
            new Span<float>(to, hidden).Clear();
            for (var y = -1; y <= 2; y++)
            {
                var line = 1 + ((long)Math.Clamp(row + y, 0, Shape.Rows - 1) * Shape.Columns);
                for (var x = -1; x <= 2; x++)
                {
                    var weight = Weight(MathF.Abs(sourceRow - row - y)) * Weight(MathF.Abs(sourceColumn - column - x));
                    var from = Positions + ((line + Math.Clamp(column + x, 0, Shape.Columns - 1)) * hidden);
                    if (weight != 0)
                        RowMath.AddScaled(from, weight, to, hidden);
                }
            }
        }
    }

    private static float Weight(float distance) => distance <= 1 ? PositionInterpolation.Near(distance) : PositionInterpolation.Far(distance);
}
