using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Resamples learned positions to another grid of patches: bicubic with a = -0.75 (Keys 1981, eq. 4), pixel centres at half steps
/// (<c>align_corners = False</c>), repeated borders, no antialiasing. This is torch's <c>upsample_bicubic2d</c> with the scale from the
/// sizes. The class position is copied.
/// </summary>
/// <remarks>Variants: <see cref="PositionInterpolationCpu"/> (CPU), a portable kernel.</remarks>
public static unsafe class PositionInterpolation
{
    /// <summary>Interpolates; an equal grid is copied exactly.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="positions">[1 + rows · columns, hidden].</param>
    /// <param name="y">[1 + newRows · newColumns, hidden]; not the input.</param>
    /// <param name="rows">Rows of the learned grid, at least 1.</param>
    /// <param name="columns">Columns of the learned grid, at least 1.</param>
    /// <param name="newRows">Rows of the new grid, at least 1.</param>
    /// <param name="newColumns">Columns of the new grid, at least 1.</param>
    /// <param name="hidden">Elements per position, at least 1.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> positions, ArrayView<float> y, int rows, int columns, int newRows, int newColumns, int hidden)
    {
        var shape = GridShape.Of(rows, columns, newRows, newColumns, hidden);
        var to = 1 + ((long)newRows * newColumns);
        ShapeCheck.Holds(positions, (1 + ((long)rows * columns)) * hidden, nameof(positions), "[1 + rows · columns, hidden]");
        ShapeCheck.Holds(y, to * hidden, nameof(y), "[1 + newRows · newColumns, hidden]");
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new PositionInterpolationCpu(positions, y, new RowTasks(device, checked((int)to)), shape));
            return;
        }
        device.Launch(new KernelConfig(checked((int)to), device.GroupSize), new Kernel(positions, y, shape));
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> positions, ArrayView<float> y, GridShape shape) : IDeviceKernel
    {
        public void Run()
        {
            var to = (long)Grid.IdxX * shape.Hidden;
            if (Grid.IdxX == 0)
            {
                for (var c = Group.IdxX; c < shape.Hidden; c += Group.DimX)
                    y[c] = positions[c];
                return;
            }
            var sourceRow = Source((Grid.IdxX - 1) / shape.NewColumns, shape.RowScale);
            var sourceColumn = Source((Grid.IdxX - 1) % shape.NewColumns, shape.ColumnScale);
            var row = Floor(sourceRow);
            var column = Floor(sourceColumn);
            var ty = sourceRow - row;
            var tx = sourceColumn - column;
            for (var c = Group.IdxX; c < shape.Hidden; c += Group.DimX)
            {
                var value = (Far(ty + 1f) * Line(positions, shape, row - 1, column, tx, c))
                    + (Near(ty) * Line(positions, shape, row, column, tx, c))
                    + (Near(1f - ty) * Line(positions, shape, row + 1, column, tx, c))
                    + (Far(2f - ty) * Line(positions, shape, row + 2, column, tx, c));
                y[to + c] = value;
            }
        }
    }

    private static float Line(ArrayView<float> positions, GridShape shape, int row, int column, float t, int c)
    {
        var start = 1 + ((long)IntrinsicMath.Clamp(row, 0, shape.Rows - 1) * shape.Columns);
        return (Far(t + 1f) * positions[((start + IntrinsicMath.Clamp(column - 1, 0, shape.Columns - 1)) * shape.Hidden) + c])
            + (Near(t) * positions[((start + IntrinsicMath.Clamp(column, 0, shape.Columns - 1)) * shape.Hidden) + c])
            + (Near(1f - t) * positions[((start + IntrinsicMath.Clamp(column + 1, 0, shape.Columns - 1)) * shape.Hidden) + c])
            + (Far(2f - t) * positions[((start + IntrinsicMath.Clamp(column + 2, 0, shape.Columns - 1)) * shape.Hidden) + c]);
    }

    internal static float Source(int index, float scale) => (scale * (index + 0.5f)) - 0.5f;

    internal static int Floor(float value)
    {
        var towardsZero = (int)value;
        return towardsZero > value ? towardsZero - 1 : towardsZero;
    }

    // Keys's polynomials for a = -0.75: up to one step away, and from one to two.
    internal static float Near(float d) => (((1.25f * d) - 2.25f) * d * d) + 1f;

    internal static float Far(float d) => (((((-0.75f * d) + 3.75f) * d) - 6f) * d) + 3f;
}

internal struct GridShape
{
    public int Rows, Columns, NewColumns, Hidden;
    public float RowScale, ColumnScale;

    /// <summary>Checks the sizes of a learned and a new grid.</summary>
    public static GridShape Of(int rows, int columns, int newRows, int newColumns, int hidden)
    {
        ShapeCheck.AtLeast(rows, 1, nameof(rows));
        ShapeCheck.AtLeast(columns, 1, nameof(columns));
        ShapeCheck.AtLeast(newRows, 1, nameof(newRows));
        ShapeCheck.AtLeast(newColumns, 1, nameof(newColumns));
        ShapeCheck.AtLeast(hidden, 1, nameof(hidden));
        return new GridShape
        {
            Rows = rows,
            Columns = columns,
            NewColumns = newColumns,
            Hidden = hidden,
            RowScale = (float)rows / newRows,
            ColumnScale = (float)columns / newColumns,
        };
    }
}
