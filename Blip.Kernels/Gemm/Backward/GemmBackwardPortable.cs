using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Transposes the weights in scratch memory, in the requested format, and multiplies by <see cref="Gemm"/>.</summary>
internal static class GemmBackwardPortable
{
    private const int Width = PackedWeights.PanelWidth;

    public static void Run(Device device, in GemmBackwardArgs args)
    {
        var (outFeatures, inFeatures) = (args.Weights.OutFeatures, args.Weights.InFeatures);
        var bytes = PackedWeights.BytesOf(inFeatures, outFeatures, args.Precision);
        // The device owns this memory.
        var transposed = PackedWeights.In(device, inFeatures, outFeatures, args.Precision, device.Scratch(bytes).SubView(0, bytes));
        WeightTypes.Use(args.Weights, new Transpose(device, args.Weights, transposed));
        Gemm.Run(device, new GemmArgs { X = args.OutputGradient, Weights = transposed, Y = args.InputGradient, Rows = args.Rows });
    }

    private readonly struct Transpose(Device device, PackedWeights from, PackedWeights to) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            WeightTypes.UseVectors(to, new Transpose<TStored, TFormat>(device, from, weights, to));
    }

    private readonly struct Transpose<TStored, TFormat>(
        Device device, PackedWeights from, ArrayView<TStored> weights, PackedWeights to) : IVectorWeightUse
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
    {
        void IVectorWeightUse.With<TTarget, TTargetFormat>(ArrayView<TTarget> packed) => device.Launch(
            new KernelConfig(checked(from.Panels * to.Panels), device.GroupSize),
            new Kernel<TStored, TFormat, TTarget, TTargetFormat>(
                weights, device.OrEmpty(from.Scales), packed, from.OutFeatures, from.InFeatures));
    }

    /// <summary>Each group transposes a panel's 64 × 64 block in shared memory: neighbours are read and written together.</summary>
    [Kernel(typeof(float), typeof(Float32Weights), typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(float), typeof(Float32Weights), typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(float), typeof(Float32Weights), typeof(ushort), typeof(Weights16<BFloat16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<Float16Format>), typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(ushort), typeof(Weights16<Float16Format>), typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<Float16Format>), typeof(ushort), typeof(Weights16<BFloat16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>), typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>), typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>), typeof(ushort), typeof(Weights16<BFloat16Format>))]
    [Kernel(typeof(sbyte), typeof(Int8Weights), typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(sbyte), typeof(Int8Weights), typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(sbyte), typeof(Int8Weights), typeof(ushort), typeof(Weights16<BFloat16Format>))]
    internal readonly struct Kernel<TStored, TFormat, TTarget, TTargetFormat>(
        ArrayView<TStored> weights, ArrayView<float> scales, ArrayView<TTarget> transposed, int outFeatures, int inFeatures) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
        where TTarget : unmanaged
        where TTargetFormat : struct, IVectorFormat<TTarget>
    {
        public void Run()
        {
            var block = SharedMemory.Allocate<float>(TransposedBlock.Floats);
            var panels = (outFeatures + Width - 1) / Width;
            var output = Grid.IdxX % panels * Width;
            var input = Grid.IdxX / panels * Width;
            var panel = weights.SubView((long)(Grid.IdxX % panels) * TFormat.PanelLength(inFeatures), TFormat.PanelLength(inFeatures));
            for (var i = Group.IdxX; i < Width * Width; i += Group.DimX)
            {
                var (k, j) = (i / Width, i % Width);
                // Gemm needs zeros at the end of the last panel.
                var value = input + k < inFeatures ? TFormat.Decode(panel[TFormat.Place(input + k, j)]) : 0f;
                block[TransposedBlock.Place(k, j)] = scales.Length > 0 ? value * scales[output + j] : value;
            }
            Group.Barrier();
            var to = ((long)input * outFeatures) + ((long)output * Width);
            var end = IntrinsicMath.Min(Width, outFeatures - output) * Width;
            for (var i = Group.IdxX; i < end; i += Group.DimX)
                transposed[to + i] = TTargetFormat.Encode(block[TransposedBlock.Place(i % Width, i / Width)]);
        }
    }
}
