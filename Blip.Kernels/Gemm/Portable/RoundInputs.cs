using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Every accelerator: the values that rows of inputs have in 8 bits, as <see cref="Int8Quantisation.Range"/> rounds them, in single precision,
/// before a product with <see cref="DType.W8A8"/>. One group per row. A row with an element that is infinite or NaN becomes NaN.
/// </summary>
internal static class RoundInputs
{
    // 1.5 · 2²³: its last place is 1, so that a sum with it is rounded to a whole number.
    private const float Rounding = 12582912f;

    private const uint Magnitude = 0x7FFFFFFF, Infinity = 0x7F800000;

    /// <summary>The product with its inputs rounded, where its weights ask for it; they lie in the device's scratch memory.</summary>
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
            var scale = IntrinsicMath.Max((high / Int8Quantisation.InputSteps) + (low / Int8Quantisation.InputSteps), Int8Quantisation.Smallest);
            var inverse = 1f / scale;

            for (var c = Group.IdxX; c < width; c += Group.DimX)
                y[row + c] = flaws > 0f ? float.NaN : (((x[row + c] * inverse) + Rounding) - Rounding) * scale;
        }
    }
}
