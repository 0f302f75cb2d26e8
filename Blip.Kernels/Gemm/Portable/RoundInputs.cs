using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Rounds rows of inputs for <see cref="DType.W8A8"/> to their 8-bit values (<see cref="Int8Quantisation.Range"/>), in single precision.
/// One group per row. Infinity or NaN turns a row into NaN.
/// </summary>
internal static class RoundInputs
{
    // 1.5 · 2²³: its last place is 1, so that adding it rounds to a whole number.
    private const float Rounding = 12582912f;

    private const uint Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;

    /// <summary>Rounds the inputs into scratch memory if the weights need it.</summary>
    public static GemmArgs Run(Device device, GemmArgs args)
    {
        if (args.Weights.Format != DType.W8A8)
            return args;
        var length = (long)args.Rows * args.Weights.InFeatures;
        var to = device.Scratch(length * sizeof(float)).Cast<float>().SubView(0, length);
        device.Launch(new KernelConfig(args.Rows, device.GroupSize), new Kernel(args.X, to, args.Weights.InFeatures));
        return args with { X = to };
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int width) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * width;

            var (low, high, flaws) = (0f, 0f, 0f);
            for (var c = Group.IdxX; c < width; c += Group.DimX)
            {
                var value = x[row + c];
                if ((Interop.FloatAsInt(value) & Magnitude) >= Infinity)
                    flaws = 1f;
                low = IntrinsicMath.Max(low, -value);
                high = IntrinsicMath.Max(high, value);
            }
            low = GroupReduction.Max(low, shared);
            high = GroupReduction.Max(high, shared);
            flaws = GroupReduction.Max(flaws, shared);
            var scale = IntrinsicMath.Max(
                (high / Int8Quantisation.InputSteps) + (low / Int8Quantisation.InputSteps), Int8Quantisation.Smallest);
            var inverse = 1f / scale;

            for (var c = Group.IdxX; c < width; c += Group.DimX)
                y[row + c] = flaws > 0f ? float.NaN : (((x[row + c] * inverse) + Rounding) - Rounding) * scale;
        }
    }
}
