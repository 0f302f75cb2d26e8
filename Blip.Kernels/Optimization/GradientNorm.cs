using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The norm of all parameters' gradient, and the factor that clips it (Pascanu, Mikolov, Bengio 2013, section 3.2), as
/// <c>torch.nn.utils.clip_grad_norm_</c>. The host reads none of it before the step.
/// </summary>
/// <remarks>
/// A view's length alone fixes the order of sums: pieces, then their sums in order. Variants: <see cref="GradientSquaresSimd"/> (CPU, in
/// double), portable kernels. Some devices lack double, so these use blocks and a total of two floats.
/// </remarks>
public static class GradientNorm
{
    /// <summary>Floats of a total: the sum, and its rounding error.</summary>
    public const int TotalLength = 2;

    /// <summary>Floats that <see cref="ClipScale"/> writes: the norm, the factor, and 1 for a finite norm, otherwise 0.</summary>
    public const int StateLength = 3;

    // torch's, so that a zero gradient has a factor.
    private const float Least = 1e-6f;

    private const int Piece = 16384, MostPieces = 1024, Block = 32;

    /// <summary>Adds squares to a total.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="values">[count].</param>
    /// <param name="count">Values, at least 0.</param>
    /// <param name="total">[2]: zeros at first; added to.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    public static void AddSquares(Device device, ArrayView<float> values, long count, ArrayView<float> total)
    {
        ShapeCheck.Within(count, 0, long.MaxValue, nameof(count));
        ShapeCheck.Holds(values, count, nameof(values), "[count]");
        ShapeCheck.Holds(total, TotalLength, nameof(total), "[2]");
        if (count == 0)
            return;
        if (!device.RunsPortable)
        {
            var sums = device.Scratch((count + Piece - 1) / Piece * sizeof(double)).Cast<double>();
            device.LaunchSixteenLanes(new GradientSquaresSimd(values, count, Piece, sums));
            device.Launch(new GradientTotalCpu(sums, (count + Piece - 1) / Piece, total));
            return;
        }
        var pieces = (int)Math.Min((count + Piece - 1) / Piece, MostPieces);
        var parts = device.Scratch(pieces * sizeof(float)).Cast<float>();
        device.Launch(new KernelConfig(pieces, device.GroupSize), new SquaresKernel(values, count, (count + pieces - 1) / pieces, parts));
        device.Launch(new KernelConfig(1, 1), new TotalKernel(parts, pieces, total));
    }

    /// <summary>
    /// Computes the norm of scale · gradient, and the gradient's factor: <c>scale · min(1, maxNorm / (norm + 1e-6))</c>. If the norm is
    /// infinite or NaN, factor and third float are 0: skip the step, since 0 · NaN is NaN.
    /// </summary>
    /// <param name="device">The views' device.</param>
    /// <param name="total">[2], from <see cref="AddSquares"/>.</param>
    /// <param name="state">[3], receives norm, factor, and whether the norm is finite; <see cref="AdamW"/> takes only the factor.</param>
    /// <param name="maxNorm">The largest norm, above 0; infinity: no limit.</param>
    /// <param name="scale">A further factor, above 0: the inverse loss scale.</param>
    /// <exception cref="ArgumentException">A view is too short, or a number is out of range.</exception>
    public static void ClipScale(Device device, ArrayView<float> total, ArrayView<float> state, float maxNorm, float scale = 1)
    {
        ShapeCheck.Holds(total, TotalLength, nameof(total), "[2]");
        ShapeCheck.Holds(state, StateLength, nameof(state), "[3]");
        if (!(maxNorm > 0))
            throw new ArgumentException($"maxNorm is {maxNorm}; it must be above 0.", nameof(maxNorm));
        if (!(scale > 0) || float.IsInfinity(scale))
            throw new ArgumentException($"scale is {scale}; it must be above 0 and finite.", nameof(scale));
        if (device.RunsPortable)
            device.Launch(new KernelConfig(1, 1), new ScaleKernel(total, state, maxNorm, scale));
        else
            device.Launch(new ClipScaleCpu(total, state, maxNorm, scale));
    }

    /// <summary>torch's factor.</summary>
    internal static float Factor(float norm, float maxNorm, float scale) => scale * IntrinsicMath.Min(1f, maxNorm / (norm + Least));

    [Kernel]
    internal readonly struct SquaresKernel(ArrayView<float> values, long count, long perGroup, ArrayView<float> parts) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var first = Grid.IdxX * perGroup;
            var last = IntrinsicMath.Min(first + perGroup, count);
            var stride = Group.DimX * Block;
            var (sum, error) = (0f, 0f);
            for (var start = first + Group.IdxX; start < last; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, last);
                var block = 0f;
                for (var i = start; i < end; i += Group.DimX)
                    block += values[i] * values[i];
                // Compensated summation (Kahan 1965).
                var term = block - error;
                var next = sum + term;
                error = next - sum - term;
                sum = next;
            }
            sum = GroupReduction.Sum(sum, shared);
            if (Group.IdxX == 0)
                parts[Grid.IdxX] = sum;
        }
    }

    [Kernel]
    internal readonly struct TotalKernel(ArrayView<float> parts, int count, ArrayView<float> total) : IDeviceKernel
    {
        public void Run()
        {
            var (sum, error) = (total[0], total[1]);
            for (var i = 0; i < count; i++)
            {
                // The exact error of a sum (Knuth, volume 2, section 4.2.2, theorem B).
                var next = sum + parts[i];
                var added = next - sum;
                error += sum - (next - added) + (parts[i] - added);
                sum = next;
            }
            total[0] = sum;
            total[1] = error;
        }
    }

    [Kernel]
    internal readonly struct ScaleKernel(ArrayView<float> total, ArrayView<float> state, float maxNorm, float scale) : IDeviceKernel
    {
        public void Run()
        {
            var sum = total[0] + total[1];
            var norm = XMath.Sqrt(sum) * scale;
            var finite = norm < float.PositiveInfinity;
            state[0] = norm;
            state[1] = finite ? Factor(norm, maxNorm, scale) : 0f;
            state[2] = finite ? 1f : 0f;
        }
    }
}
