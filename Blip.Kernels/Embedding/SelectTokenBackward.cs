using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The gradient of <see cref="SelectToken"/>: the selected token gets it, and the row's others get 0. One element of a row is a token of
/// width 1.
/// </summary>
/// <remarks>Variants: <see cref="SelectTokenBackwardCpu"/> (CPU), a portable kernel.</remarks>
public static unsafe class SelectTokenBackward
{
    /// <summary><c>dx[r, t] = t = index[r] + offset ? dy[r] : 0</c>. An index outside of the row takes its nearest token.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="dy">The selected tokens' gradient <c>[rows, width]</c>.</param>
    /// <param name="index">[rows]; empty: 0.</param>
    /// <param name="dx">Receives the states' gradient <c>[rows, tokens, width]</c>.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="tokens">Tokens per row, at least 1.</param>
    /// <param name="width">Elements per token, at least 1.</param>
    /// <param name="offset">Added to each index: -1 where the index is a length.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> dy, ArrayView<int> index, ArrayView<float> dx, int rows, int tokens, int width, int offset = 0)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(tokens, 1, nameof(tokens));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        ShapeCheck.Holds(dy, (long)rows * width, nameof(dy), "[rows, width]");
        ShapeCheck.EmptyOrHolds(index, rows, nameof(index), "[rows]");
        ShapeCheck.Holds(dx, (long)rows * tokens * width, nameof(dx), "[rows, tokens, width]");
        if (rows == 0)
            return;
        if (!device.RunsPortable)
        {
            device.Launch(new SelectTokenBackwardCpu
            {
                Dy = Cpu.Pointer(dy),
                Dx = Cpu.Pointer(dx),
                Index = Cpu.Pointer(index),
                Rows = new RowTasks(device, rows),
                Tokens = tokens,
                Width = width,
                Offset = offset,
            });
            return;
        }
        device.Launch(
            new KernelConfig(checked(rows * tokens), device.GroupSize),
            new Kernel(
                dy, device.OrEmpty(index), dx, tokens, width, offset));
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> dy, ArrayView<int> index, ArrayView<float> dx, int tokens, int width, int offset)
        : IDeviceKernel
    {
        public void Run()
        {
            var row = Grid.IdxX / tokens;
            var taken = Grid.IdxX % tokens == IntrinsicMath.Clamp((index.Length > 0 ? index[row] : 0) + offset, 0, tokens - 1);
            var from = (long)row * width;
            var to = (long)Grid.IdxX * width;
            for (var c = Group.IdxX; c < width; c += Group.DimX)
                dx[to + c] = taken ? dy[from + c] : 0f;
        }
    }
}

internal unsafe struct SelectTokenBackwardCpu : ICpuOperator
{
    public float* Dy, Dx;
    public int* Index;
    public RowTasks Rows;
    public int Tokens, Width, Offset;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var row = Rows.First(task); row < Rows.End(task); row++)
        {
            var to = Dx + ((long)row * Tokens * Width);
            new Span<float>(to, Tokens * Width).Clear();
            var taken = Math.Clamp((Index == null ? 0 : Index[row]) + Offset, 0, Tokens - 1);
            RowMath.Copy(Dy + ((long)row * Width), to + ((long)taken * Width), Width);
        }
    }
}
