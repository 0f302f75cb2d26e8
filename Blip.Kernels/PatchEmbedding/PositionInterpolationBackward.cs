using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The transpose of <see cref="PositionInterpolation"/>: each learned position adds the weighted gradients of its readers, in their order.
/// </summary>
/// <remarks>Variants: <see cref="PositionInterpolationBackwardCpu"/> (CPU), a portable kernel.</remarks>
public static class PositionInterpolationBackward
{
    /// <summary>Adds to the learned positions' gradient.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="dy">The new grid's gradient [1 + newRows · newColumns, hidden].</param>
    /// <param name="gradient">[1 + rows · columns, hidden], added to; not dy.</param>
    /// <param name="rows">Rows of the learned grid, at least 1.</param>
    /// <param name="columns">Columns of the learned grid, at least 1.</param>
    /// <param name="newRows">Rows of the new grid, at least 1.</param>
    /// <param name="newColumns">Columns of the new grid, at least 1.</param>
    /// <param name="hidden">Elements per position, at least 1.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> dy, ArrayView<float> gradient, int rows, int columns, int newRows, int newColumns, int hidden)
    {
        var shape = GridShape.Of(rows, columns, newRows, newColumns, hidden);
        var from = 1 + ((long)rows * columns);
        ShapeCheck.Holds(dy, (1 + ((long)newRows * newColumns)) * hidden, nameof(dy), "[1 + newRows · newColumns, hidden]");
        ShapeCheck.Holds(gradient, from * hidden, nameof(gradient), "[1 + rows · columns, hidden]");
        if (!device.RunsPortable)
        {
            var tasks = new RowTasks(device, checked((int)from));
            device.LaunchVectors(new PositionInterpolationBackwardCpu(dy, gradient, tasks, shape, newRows));
            return;
        }
        device.Launch(new KernelConfig(checked((int)from), device.GroupSize), new Kernel(dy, gradient, shape, newRows));
    }

    /// <summary>
    /// The weight with which a new row or column reads a learned one (cell). A border also stands for the cells beyond it. The scale is
    /// learned cells per new one.
    /// </summary>
    internal static float Weight(int index, int cell, int cells, float scale)
    {
        var source = PositionInterpolation.Source(index, scale);
        var first = PositionInterpolation.Floor(source);
        var t = source - first;
        return Of(first - 1, cell, cells, PositionInterpolation.Far(t + 1f))
            + Of(first, cell, cells, PositionInterpolation.Near(t))
            + Of(first + 1, cell, cells, PositionInterpolation.Near(1f - t))
            + Of(first + 2, cell, cells, PositionInterpolation.Far(2f - t));
    }

    private static float Of(int read, int cell, int cells, float weight) =>
        IntrinsicMath.Clamp(read, 0, cells - 1) == cell ? weight : 0f;

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> dy, ArrayView<float> gradient, GridShape shape, int newRows) : IDeviceKernel
    {
        public void Run()
        {
            var to = (long)Grid.IdxX * shape.Hidden;
            if (Grid.IdxX == 0)
            {
                for (var c = Group.IdxX; c < shape.Hidden; c += Group.DimX)
                    gradient[c] += dy[c];
                return;
            }
            var (row, column) = ((Grid.IdxX - 1) / shape.Columns, (Grid.IdxX - 1) % shape.Columns);
            for (var c = Group.IdxX; c < shape.Hidden; c += Group.DimX)
            {
                var sum = 0f;
                for (var newRow = 0; newRow < newRows; newRow++)
                {
                    var rowWeight = Weight(newRow, row, shape.Rows, shape.RowScale);
                    // Few rows read this one.
                    if (rowWeight == 0f)
                        continue;
                    for (var newColumn = 0; newColumn < shape.NewColumns; newColumn++)
                    {
                        var weight = rowWeight * Weight(newColumn, column, shape.Columns, shape.ColumnScale);
                        var from = 1 + ((long)newRow * shape.NewColumns) + newColumn;
                        if (weight != 0f)
                            sum += weight * dy[(from * shape.Hidden) + c];
                    }
                }
                gradient[to + c] += sum;
            }
        }
    }
}

internal readonly unsafe struct PositionInterpolationBackwardCpu(
    ArrayView<float> dy, ArrayView<float> gradient, RowTasks rows, GridShape shape, int newRows) : IVectorOperator
{
    private readonly float* dy = Cpu.Pointer(dy), gradient = Cpu.Pointer(gradient);
    private readonly RowTasks rows = rows;
    private readonly GridShape shape = shape;
    private readonly int newRows = newRows;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var i = rows.First(task); i < rows.End(task); i++)
        {
            var to = gradient + ((long)i * shape.Hidden);
            if (i == 0)
                RowMath.Add<TVector>(to, dy, to, shape.Hidden);
            else
                Gather<TVector>((i - 1) / shape.Columns, (i - 1) % shape.Columns, to);
        }
    }

    private void Gather<TVector>(int row, int column, float* to)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var newRow = 0; newRow < newRows; newRow++)
        {
            var rowWeight = PositionInterpolationBackward.Weight(newRow, row, shape.Rows, shape.RowScale);
            if (rowWeight == 0)
                continue;
            for (var newColumn = 0; newColumn < shape.NewColumns; newColumn++)
            {
                var weight = rowWeight * PositionInterpolationBackward.Weight(newColumn, column, shape.Columns, shape.ColumnScale);
                var from = 1 + ((long)newRow * shape.NewColumns) + newColumn;
                if (weight != 0)
                    RowMath.AddScaled<TVector>(dy + (from * shape.Hidden), weight, to, shape.Hidden);
            }
        }
    }
}
