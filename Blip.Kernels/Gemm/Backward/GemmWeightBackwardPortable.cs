using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// In scratch memory each slice's inputs are transposed and its output gradients packed like weights.
/// <see cref="Gemm"/> multiplies slice after slice, with the gradient as residual. Zeros pad each slice to a multiple of
/// 8 rows, for alignment.
/// </summary>
internal static class GemmWeightBackwardPortable
{
    private const int Width = PackedWeights.PanelWidth, Chain = Gemm.ChainLength;

    public static void Run(Device device, in GemmWeightBackwardArgs args)
    {
        var (inFeatures, outFeatures) = (args.InFeatures, args.OutFeatures);
        var shape = new SlicedRows(args.Rows, args.SliceRows);
        var turned = (long)shape.Slices * inFeatures * shape.Depth;
        var packed = PackedWeights.BytesOf(outFeatures, shape.Depth, args.Precision);
        var chains = args.BiasGradient.Length > 0 ? (long)shape.Chains * outFeatures : 0;
        // Packed slices come first, at multiples of the device's allocation unit.
        var scratch = device.Scratch((shape.Slices * packed) + ((turned + chains) * sizeof(float)));
        var panels = scratch.SubView(0, shape.Slices * packed);
        var floats = scratch.SubView(panels.Length).Cast<float>();

        Transpose(device, args, shape, floats);
        // Panels of all slices, as one matrix.
        var outputs = checked(shape.Slices * SlicedRows.Blocks(outFeatures) * Width);
        WeightTypes.UseVectors(PackedWeights.In(device, outputs, shape.Depth, args.Precision, panels), new Pack(device, args, shape));
        for (var slice = 0; slice < shape.Slices; slice++)
        {
            Gemm.Run(device, new GemmArgs
            {
                X = floats.SubView((long)slice * inFeatures * shape.Depth, (long)inFeatures * shape.Depth),
                Weights = PackedWeights.In(device, outFeatures, shape.Depth, args.Precision, panels.SubView(slice * packed, packed)),
                Residual = args.WeightGradient,
                Y = args.WeightGradient,
                Rows = inFeatures,
            });
        }
        if (chains > 0)
            AddBias(device, args, shape, floats.SubView(turned, chains));
    }

    private static void Transpose(Device device, in GemmWeightBackwardArgs args, SlicedRows shape, ArrayView<float> to)
    {
        var tiles = (long)shape.Slices * SlicedRows.Blocks(args.InFeatures) * SlicedRows.Blocks(shape.Depth);
        device.Launch(new KernelConfig(checked((int)tiles), device.GroupSize), new TransposeKernel(args.X, to, args.InFeatures, shape));
    }

    private static void AddBias(Device device, in GemmWeightBackwardArgs args, SlicedRows shape, ArrayView<float> chains)
    {
        var perItem = Elementwise.ElementsPerItem(device);
        device.Launch(
            Elementwise.Launch(device, chains.Length, perItem),
            new ChainsKernel(args.OutputGradient, chains, args.OutFeatures, shape, chains.Length, perItem));
        device.Launch(
            Elementwise.Launch(device, args.OutFeatures, perItem),
            new BiasKernel(chains, args.BiasGradient, args.OutFeatures, shape, perItem));
    }

    private readonly struct Pack(Device device, GemmWeightBackwardArgs args, SlicedRows shape) : IVectorWeightUse
    {
        void IVectorWeightUse.With<TTarget, TTargetFormat>(ArrayView<TTarget> packed)
        {
            var perItem = Elementwise.ElementsPerItem(device);
            device.Launch(
                Elementwise.Launch(device, packed.Length, perItem),
                new PackKernel<TTarget, TTargetFormat>(args.OutputGradient, packed, args.OutFeatures, shape, packed.Length, perItem));
        }
    }

    /// <summary>[Rows, in] to [slices, in, depth]. A group transposes a 64 × 64 block in shared memory.</summary>
    [Kernel]
    internal readonly struct TransposeKernel(ArrayView<float> x, ArrayView<float> turned, int inFeatures, SlicedRows shape) : IDeviceKernel
    {
        public void Run()
        {
            var block = SharedMemory.Allocate<float>(TransposedBlock.Floats);
            var (across, down) = (SlicedRows.Blocks(inFeatures), SlicedRows.Blocks(shape.Depth));
            var feature = Grid.IdxX % across * Width;
            var row = Grid.IdxX / across % down * Width;
            var slice = Grid.IdxX / across / down;
            var from = ((((long)slice * shape.SliceRows) + row) * inFeatures) + feature;
            for (var i = Group.IdxX; i < Width * Width; i += Group.DimX)
            {
                var (r, c) = (i / Width, i % Width);
                var inside = row + r < shape.SliceRows && feature + c < inFeatures;
                block[TransposedBlock.Place(r, c)] = inside ? x[from + ((long)r * inFeatures) + c] : 0f;
            }
            Group.Barrier();
            var to = ((((long)slice * inFeatures) + feature) * shape.Depth) + row;
            for (var i = Group.IdxX; i < Width * Width; i += Group.DimX)
            {
                var (c, r) = (i / Width, i % Width);
                if (row + r < shape.Depth && feature + c < inFeatures)
                    turned[to + ((long)c * shape.Depth) + r] = block[TransposedBlock.Place(r, c)];
            }
        }
    }

    /// <summary>[Rows, out] to [slices, panels, depth, 64].</summary>
    [Kernel(typeof(float), typeof(Float32Weights)), Kernel(typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>))]
    internal readonly struct PackKernel<TTarget, TTargetFormat>(
        ArrayView<float> dy, ArrayView<TTarget> packed, int outFeatures, SlicedRows shape, long count, int perItem) : IDeviceKernel
        where TTarget : unmanaged
        where TTargetFormat : struct, IVectorFormat<TTarget>
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end;)
            {
                var line = i / Width;
                var row = (int)(line % shape.Depth);
                var panel = line / shape.Depth;
                var panels = SlicedRows.Blocks(outFeatures);
                var column = (int)(panel % panels) * Width;
                var from = (((panel / panels * shape.SliceRows) + row) * outFeatures) + column;
                var filled = row < shape.SliceRows ? outFeatures - column : 0;
                var last = IntrinsicMath.Min((line + 1) * Width, end);
                for (var j = (int)(i % Width); i < last; i++, j++)
                    packed[i] = TTargetFormat.Encode(j < filled ? dy[from + j] : 0f);
            }
        }
    }

    /// <summary>[Rows, out] to [chains, out]: sums over each chain's rows.</summary>
    [Kernel]
    internal readonly struct ChainsKernel(
        ArrayView<float> dy, ArrayView<float> chains, int outFeatures, SlicedRows shape, long count, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
            {
                var chain = (int)(i / outFeatures);
                var row = chain % shape.ChainsPerSlice * Chain;
                var rows = IntrinsicMath.Min(Chain, shape.SliceRows - row);
                var from = ((((long)(chain / shape.ChainsPerSlice) * shape.SliceRows) + row) * outFeatures) + (i % outFeatures);
                var sum = 0f;
                for (var r = 0; r < rows; r++)
                    sum += dy[from + ((long)r * outFeatures)];
                chains[i] = sum;
            }
        }
    }

    /// <summary>Adds each slice's chains, and the slices to the gradient.</summary>
    [Kernel]
    internal readonly struct BiasKernel(
        ArrayView<float> chains, ArrayView<float> db, int outFeatures, SlicedRows shape, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = ((Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, outFeatures);
            for (var i = first; i < end; i++)
            {
                var total = db[i];
                var from = (long)i;
                for (var slice = 0; slice < shape.Slices; slice++)
                {
                    var sum = 0f;
                    for (var chain = 0; chain < shape.ChainsPerSlice; chain++, from += outFeatures)
                        sum += chains[from];
                    total += sum;
                }
                db[i] = total;
            }
        }
    }
}
