using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Copies contiguous columns of a matrix into another: concatenates two matrices side by side, or extracts a part.</summary>
/// <remarks>Variants: <see cref="ColumnCopyCpu"/> (CPU), a portable kernel.</remarks>
public static class ColumnCopy
{
    /// <summary><c>y[r, yFirst + c] = x[r, xFirst + c]</c> for each row and c below count. Other columns of y stay.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">[rows, xWidth].</param>
    /// <param name="y">[rows, yWidth]; no part of x.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">The columns.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, int rows, ColumnRange columns)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(columns.Count, 1, nameof(columns));
        ShapeCheck.Within(columns.XFirst, 0, columns.XWidth - (long)columns.Count, nameof(columns));
        ShapeCheck.Within(columns.YFirst, 0, columns.YWidth - (long)columns.Count, nameof(columns));
        ShapeCheck.Holds(x, (long)rows * columns.XWidth, nameof(x), "[rows, xWidth]");
        ShapeCheck.Holds(y, (long)rows * columns.YWidth, nameof(y), "[rows, yWidth]");
        if (rows == 0)
            return;
        if (device.RunsPortable)
            device.Launch(
                new KernelConfig(rows, device.GroupSize), new Kernel(
                    x, y, columns.XWidth, columns.XFirst, columns.YWidth, columns.YFirst, columns.Count));
        else
            device.Launch(new ColumnCopyCpu(x, y, new RowTasks(device, rows), columns));
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> y, int xWidth, int xFirst, int yWidth, int yFirst, int count) : IDeviceKernel
    {
        public void Run()
        {
            var from = ((long)Grid.IdxX * xWidth) + xFirst;
            var to = ((long)Grid.IdxX * yWidth) + yFirst;
            for (var c = Group.IdxX; c < count; c += Group.DimX)
                y[to + c] = x[from + c];
        }
    }
}

/// <summary>Columns to copy and their destination.</summary>
/// <param name="XWidth">Columns of the source.</param>
/// <param name="XFirst">The first copied column.</param>
/// <param name="YWidth">Columns of the destination.</param>
/// <param name="YFirst">The first one's destination.</param>
/// <param name="Count">Copied columns, at least 1.</param>
public readonly record struct ColumnRange(int XWidth, int XFirst, int YWidth, int YFirst, int Count);

internal readonly unsafe struct ColumnCopyCpu(ArrayView<float> x, ArrayView<float> y, RowTasks rows, ColumnRange columns) : ICpuOperator
{
    private readonly float* x = Cpu.Pointer(x), y = Cpu.Pointer(y);
    private readonly RowTasks rows = rows;
    private readonly ColumnRange columns = columns;

    public int Tasks => rows.Tasks;

    public void Run(int task)
    {
        for (var row = rows.First(task); row < rows.End(task); row++)
        {
            new Span<float>(x + ((long)row * columns.XWidth) + columns.XFirst, columns.Count)
                .CopyTo(new Span<float>(y + ((long)row * columns.YWidth) + columns.YFirst, columns.Count));
        }
    }
}
