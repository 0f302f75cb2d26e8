using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms;

namespace Blip.Kernels;

internal static class AdamWPortable
{
    public static void Run(Device device, in AdamWArgs args, AdamWConstants constants, long length)
    {
        var perItem = Elementwise.ElementsPerItem(device);
        if (args.Weights is { } weights)
        {
            // Without a second matrix, the first chooses the types and nothing is rounded.
            WeightTypes.UseVectors(args.Rounded ?? weights, new Panels(device, args, constants));
            return;
        }
        device.Launch(
            Elementwise.Launch(device, length, perItem),
            new Kernel(
                args.Parameter, args.Gradient, args.FirstMoment, args.SecondMoment, device.OrEmpty(args.GradientScale), constants, length,
                perItem));
    }

    private readonly struct Panels(Device device, AdamWArgs args, AdamWConstants constants) : IVectorWeightUse
    {
        void IVectorWeightUse.With<TStored, TFormat>(ArrayView<TStored> rounded)
        {
            var perItem = Elementwise.ElementsPerItem(device);
            var (inFeatures, outFeatures) = (args.Weights!.InFeatures, args.Weights.OutFeatures);
            device.Launch(
                Elementwise.Launch(device, (long)inFeatures * outFeatures, perItem),
                new PanelKernel<TStored, TFormat>(
                    args.Weights.Float32, args.Rounded is null ? device.Empty<TStored>() : rounded, args.Gradient,
                    args.FirstMoment, args.SecondMoment, device.OrEmpty(args.GradientScale), constants, inFeatures, outFeatures, perItem));
        }
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> parameter, ArrayView<float> gradient, ArrayView<float> first, ArrayView<float> second, ArrayView<float> scale,
        AdamWConstants constants, long length, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var start = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(start + perItem, length);
            var factor = scale.Length > 0 ? scale[0] : 1f;
            for (var i = start; i < end; i++)
                parameter[i] = Step(parameter[i], gradient[i] * factor, i, first, second, constants);
        }
    }

    [Kernel(typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(ushort), typeof(Weights16<Float16Format>)), Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>))]
    internal readonly struct PanelKernel<TStored, TFormat>(
        ArrayView<float> weights, ArrayView<TStored> rounded, ArrayView<float> gradient, ArrayView<float> first, ArrayView<float> second,
        ArrayView<float> scale, AdamWConstants constants, int inFeatures, int outFeatures, int perItem) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IVectorFormat<TStored>
    {
        public void Run()
        {
            var start = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(start + perItem, (long)inFeatures * outFeatures);
            var factor = scale.Length > 0 ? scale[0] : 1f;
            for (var i = start; i < end; i++)
            {
                var (input, output) = ((int)(i / outFeatures), (int)(i % outFeatures));
                var place = ((long)(output / WeightPanel.Width) * TFormat.PanelLength(inFeatures))
                    + TFormat.Place(input, output % WeightPanel.Width);
                var after = Step(weights[place], gradient[i] * factor, i, first, second, constants);
                weights[place] = after;
                if (rounded.Length > 0)
                    rounded[place] = TFormat.Encode(after);
            }
        }
    }

    private static float Step(
        float parameter, float gradient, long i, ArrayView<float> first, ArrayView<float> second, AdamWConstants constants)
    {
        var m = first[i] + (constants.New1 * (gradient - first[i]));
        var v = (constants.Beta2 * second[i]) + (constants.New2 * gradient * gradient);
        first[i] = m;
        second[i] = v;
        return (parameter * constants.Keep) - (constants.Rate * (m / ((XMath.Sqrt(v) / constants.Correction) + constants.Epsilon)));
    }
}
