using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal static class LowRankMergePortable
{
    // Without a second matrix, the first chooses the types and nothing is rounded.
    public static void Run(Device device, in LowRankMergeArgs args) =>
        WeightTypes.UseVectors(args.Rounded ?? args.Weights, new Panels(device, args));

    private readonly struct Panels(Device device, LowRankMergeArgs args) : IVectorWeightUse
    {
        void IVectorWeightUse.With<TStored, TFormat>(ArrayView<TStored> rounded)
        {
            var perItem = Elementwise.ElementsPerItem(device);
            device.Launch(
                Elementwise.Launch(device, (long)args.Weights.InFeatures * args.OutFeatures, perItem),
                new Kernel<TStored, TFormat>(
                    args.Base.Float32, args.Weights.Float32, args.Rounded is null ? device.Empty<TStored>() : rounded, args.Down, args.Up,
                    args.Weights.InFeatures, args.OutFeatures, args.FirstOutput, args.Rank, args.Scale, perItem));
        }
    }

    [Kernel(typeof(float), typeof(Float32Weights))]
    [Kernel(typeof(ushort), typeof(Weights16<Float16Format>)), Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>))]
    internal readonly struct Kernel<TStored, TFormat>(
        ArrayView<float> before, ArrayView<float> weights, ArrayView<TStored> rounded, ArrayView<float> down, ArrayView<float> up,
        int inFeatures, int outFeatures, int firstOutput, int rank, float scale, int perItem) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IVectorFormat<TStored>
    {
        public void Run()
        {
            var start = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(start + perItem, (long)inFeatures * outFeatures);
            for (var i = start; i < end; i++)
            {
                var (input, output) = ((int)(i / outFeatures), (int)(i % outFeatures));
                var sum = 0f;
                for (var row = 0; row < rank; row++)
                    sum += down[((long)row * inFeatures) + input] * up[((long)row * outFeatures) + output];
                var column = firstOutput + output;
                var place = ((long)(column / WeightPanel.Width) * TFormat.PanelLength(inFeatures))
                    + TFormat.Place(input, column % WeightPanel.Width);
                var after = before[place] + (sum * scale);
                weights[place] = after;
                if (rounded.Length > 0)
                    rounded[place] = TFormat.Encode(after);
            }
        }
    }
}
