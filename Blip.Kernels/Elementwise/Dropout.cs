using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Dropout (Srivastava et al. 2014) and stochastic depth (Huang et al. 2016): some draws become zero, and the others are multiplied by
/// <c>1 / (1 - probability)</c>. Seed, stream and index decide (<see cref="Philox"/>), equally on every device.
/// </summary>
/// <remarks>
/// The same call over a gradient is the backward pass. Variants: <see cref="DropoutCpu"/> (CPU), a portable kernel.
/// </remarks>
public static class Dropout
{
    /// <summary>Keeps or drops each draw's elements. Dropped elements become zero, even NaN.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and numbers.</param>
    /// <exception cref="ArgumentException">A view is too short, or a number is out of range.</exception>
    public static void Run(Device device, in DropoutArgs args)
    {
        ShapeCheck.Within(args.Length, 0, long.MaxValue, nameof(args.Length));
        ShapeCheck.AtLeast(args.ElementsPerDraw, 1, nameof(args.ElementsPerDraw));
        ShapeCheck.Holds(args.X, args.Length, nameof(args.X), "[Length]");
        ShapeCheck.Holds(args.Y, args.Length, nameof(args.Y), "[Length]");
        CheckShare(args.Probability, nameof(args.Probability));
        if (args.Length == 0)
            return;
        var (limit, factor) = (Limit(args.Probability), Factor(args.Probability));
        if (!device.RunsPortable)
        {
            device.Launch(new DropoutCpu(args, limit, factor));
            return;
        }
        var perItem = Elementwise.ElementsPerItem(device);
        device.Launch(
            Elementwise.Launch(device, args.Length, perItem),
            new Kernel(args.X, args.Y, args.Length, args.ElementsPerDraw, limit, factor, args.Seed, args.Stream, perItem));
    }

    internal static void CheckShare(float probability, string name)
    {
        if (!(probability is >= 0 and < 1))
            throw new ArgumentException($"{name} is {probability}; it must be at least 0 and below 1.", name);
    }

    /// <summary>Draws of 32 bits below it are dropped.</summary>
    internal static uint Limit(float probability) => (uint)Math.Round(probability * 4294967296.0);

    internal static float Factor(float probability) => (float)(1 / (1 - (double)probability));

    /// <summary>Multiplies contiguous values as the kernels do; <paramref name="first"/> is the first value's draw.</summary>
    internal static unsafe void Multiply(float* values, int count, ulong seed, int stream, long first, uint limit, float factor)
    {
        for (var i = 0; i < count;)
        {
            // One counter gives four draws.
            var draw = first + i;
            var (w0, w1, w2, w3) = Philox.Draw4(seed, (uint)(draw >> 2), (uint)(draw >> 34), (uint)stream, 0);
            for (var word = (int)(draw & 3); word < 4 && i < count; word++, i++)
            {
                var bits = word == 0 ? w0 : word == 1 ? w1 : word == 2 ? w2 : w3;
                values[i] = bits >= limit ? values[i] * factor : 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Keeps(ulong seed, int stream, long draw, uint limit) =>
        Philox.Draw(seed, (uint)(draw >> 2), (uint)(draw >> 34), (uint)stream, 0, (int)(draw & 3)) >= limit;

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> x, ArrayView<float> y, long length, int elementsPerDraw, uint limit, float factor, ulong seed, int stream,
        int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, length);
            for (var i = first; i < end; i++)
                y[i] = Keeps(seed, stream, i / elementsPerDraw, limit) ? x[i] * factor : 0f;
        }
    }
}

internal readonly unsafe struct DropoutCpu(in DropoutArgs args, uint limit, float factor) : ICpuOperator
{
    private const int Piece = 8192;

    private readonly float* x = Cpu.Pointer(args.X), y = Cpu.Pointer(args.Y);
    private readonly long length = args.Length;
    private readonly int elementsPerDraw = args.ElementsPerDraw, stream = args.Stream;
    private readonly uint limit = limit;
    private readonly float factor = factor;
    private readonly ulong seed = args.Seed;

    public int Tasks => checked((int)((length + Piece - 1) / Piece));

    public void Run(int task)
    {
        var end = Math.Min((task + 1L) * Piece, length);
        for (var i = (long)task * Piece; i < end;)
        {
            var draw = i / elementsPerDraw;
            var keeps = Dropout.Keeps(seed, stream, draw, limit);
            for (var last = Math.Min(end, (draw + 1) * elementsPerDraw); i < last; i++)
                y[i] = keeps ? x[i] * factor : 0;
        }
    }
}
