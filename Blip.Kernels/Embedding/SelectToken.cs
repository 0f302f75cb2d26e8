using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Takes one token of each row: a prompt's last, or the first as a text's summary.</summary>
/// <remarks>Variants: <see cref="SelectTokenCpu"/> (CPU), a portable kernel.</remarks>
public static unsafe class SelectToken
{
    /// <summary><c>y[r] = x[r, index[r] + offset]</c>. An index outside of the row takes its nearest token.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">[rows, tokens, width].</param>
    /// <param name="index">[rows]; empty: 0.</param>
    /// <param name="y">[rows, width]; not part of x.</param>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="tokens">Tokens per row, at least 1.</param>
    /// <param name="width">Elements per token, at least 1.</param>
    /// <param name="offset">Added to each index: -1 where the index is a length.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> x, ArrayView<int> index, ArrayView<float> y, int rows, int tokens, int width, int offset = 0)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(tokens, 1, nameof(tokens));
        ShapeCheck.AtLeast(width, 1, nameof(width));
        ShapeCheck.Holds(x, (long)rows * tokens * width, nameof(x), "[rows, tokens, width]");
        if (index.Length > 0)
            ShapeCheck.Holds(index, rows, nameof(index), "[rows]");
        ShapeCheck.Holds(y, (long)rows * width, nameof(y), "[rows, width]");
        if (rows == 0)
            return;
        if (!device.RunsPortable)
        {
            device.Launch(new SelectTokenCpu
            {
                X = Cpu.Pointer(x),
                Index = Cpu.Pointer(index),
                Y = Cpu.Pointer(y),
                Rows = new RowTasks(device, rows),
                Tokens = tokens,
                Width = width,
                Offset = offset,
            });
            return;
        }
        device.Launch(
            new KernelConfig(rows, device.GroupSize),
            new Kernel(
                x, device.OrEmpty(index), y, tokens, width, offset));
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<int> index, ArrayView<float> y, int tokens, int width, int offset)
        : IDeviceKernel
    {
        public void Run()
        {
            var row = Grid.IdxX;
            var token = IntrinsicMath.Clamp((index.Length > 0 ? index[row] : 0) + offset, 0, tokens - 1);
            var from = (((long)row * tokens) + token) * width;
            var to = (long)row * width;
            for (var c = Group.IdxX; c < width; c += Group.DimX)
                y[to + c] = x[from + c];
        }
    }
}
