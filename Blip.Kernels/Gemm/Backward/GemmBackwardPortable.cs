using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Every accelerator: a work-item sums up elements of the input's gradient, on a processor a panel's width of neighbours, elsewhere one.</summary>
internal static class GemmBackwardPortable
{
    public static void Run(Device device, in GemmBackwardArgs args) => WeightTypes.Use(args.Weights, new Launch(device, args));

    private readonly struct Launch(Device device, GemmBackwardArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights)
        {
            var count = (long)args.Rows * args.Weights.InFeatures;
            var perItem = device.GroupSize == 1 ? PackedWeights.PanelWidth : 1;
            device.Launch(
                Elementwise.Launch(device, count, perItem),
                new Kernel<TStored, TFormat>(
                    args.OutputGradient, weights, device.OrEmpty(args.Weights.Scales), args.InputGradient,
                    count, args.Weights.OutFeatures, args.Weights.InFeatures, perItem));
        }
    }

    [Kernel(typeof(float), typeof(Float32Weights)), Kernel(typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>)), Kernel(typeof(sbyte), typeof(Int8Weights))]
    internal readonly struct Kernel<TStored, TFormat>(
        ArrayView<float> dy, ArrayView<TStored> weights, ArrayView<float> scales, ArrayView<float> dx, long count, int outFeatures, int inFeatures, int perItem) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
            {
                var from = i / inFeatures * outFeatures;
                var k = (int)(i % inFeatures);
                var total = 0f;
                var panelStart = 0L;
                for (var output = 0; output < outFeatures; output += PackedWeights.PanelWidth)
                {
                    var outputs = IntrinsicMath.Min(PackedWeights.PanelWidth, outFeatures - output);
                    var sum = 0f;
                    for (var j = 0; j < outputs; j++)
                    {
                        var product = dy[from + output + j] * TFormat.Decode(weights[panelStart + TFormat.Place(k, j)]);
                        sum += scales.Length > 0 ? product * scales[output + j] : product;
                    }
                    total += sum;
                    panelStart += TFormat.PanelLength(inFeatures);
                }
                dx[i] = total;
            }
        }
    }
}
