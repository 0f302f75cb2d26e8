using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Chooses the format of the weights. Vectors of any width make 16 lanes, so that all give sums of the same length.</summary>
internal static class GemmBackwardSimd
{
    public static void Run(Device device, in GemmBackwardArgs args) => WeightTypes.Use(args.Weights, new Launch(device, args));

    private readonly struct Launch(Device device, GemmBackwardArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> weights) =>
            device.LaunchSixteenLanes(new GemmBackwardSimd<TStored, TFormat>(args, weights));
    }
}

/// <summary>
/// ILGPU's CPU accelerator. A task makes 64 columns of the gradient for a block of rows and goes through the panels; of each it reads 64 rows
/// of 64 outputs (16 KiB, half of a first-level cache), widened once for the block where they are not floats.
/// </summary>
internal readonly unsafe struct GemmBackwardSimd<TStored, TFormat> : IVectorOperator
    where TStored : unmanaged
    where TFormat : struct, IWeightDType<TStored>
{
    private const int Width = PackedWeights.PanelWidth, Depth = 64, MaxRows = 48, AtOnce = 4;

    private readonly float* dy, dx, scales;
    private readonly TStored* weights;
    private readonly int rows, outFeatures, inFeatures, blocks;

    public GemmBackwardSimd(in GemmBackwardArgs args, ArrayView<TStored> weights)
    {
        dy = Cpu.Pointer(args.OutputGradient);
        dx = Cpu.Pointer(args.InputGradient);
        scales = Cpu.Pointer(args.Weights.Scales);
        this.weights = Cpu.Pointer(weights);
        (rows, outFeatures, inFeatures) = (args.Rows, args.Weights.OutFeatures, args.Weights.InFeatures);
        blocks = (inFeatures + Depth - 1) / Depth;
        Tasks = checked(blocks * ((rows + MaxRows - 1) / MaxRows));
    }

    public int Tasks { get; }

    [SkipLocalsInit]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (k, row) = (task % blocks * Depth, task / blocks * MaxRows);
        var (depth, count) = (Math.Min(Depth, inFeatures - k), Math.Min(MaxRows, rows - row));
        var memory = stackalloc float[(Depth * Width) + (MaxRows * (Width + Depth)) + 16];
        var wide = (float*)(((long)memory + 63) & ~63L);
        float* part = wide + (Depth * Width), sums = part + (MaxRows * Width);
        new Span<float>(sums, MaxRows * Depth).Clear();
        for (var output = 0; output < outFeatures; output += Width)
        {
            var panel = weights + (output / Width * (long)TFormat.PanelLength(inFeatures));
            float* w;
            if (sizeof(TStored) == sizeof(float))
                w = (float*)panel + ((long)k * Width);
            else
                Widen(panel, k, depth, output, w = wide);
            var y = dy + ((long)row * outFeatures) + output;
            var stride = outFeatures;
            // Behind the last outputs begins the next row, which is not to be multiplied with the panel's zeros: it may be no number.
            if (outFeatures - output < Width)
            {
                Pad(y, count, outFeatures - output, part);
                y = part;
                stride = Width;
            }
            for (var r = 0; r < count; r++)
                AddProducts<TVector>(y + ((long)r * stride), w, depth, sums + (r * Depth));
        }
        for (var r = 0; r < count; r++)
            RowMath.Copy(sums + (r * Depth), dx + ((long)(row + r) * inFeatures) + k, depth);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddProducts<TVector>(float* y, float* w, int depth, float* sums)
        where TVector : unmanaged, IVector<TVector>
    {
        var i = 0;
        for (; i + AtOnce <= depth; i += AtOnce, w += AtOnce * Width)
        {
            TVector a = TVector.Create(0), b = a, c = a, d = a;
            for (var j = 0; j < Width; j += TVector.Count)
            {
                var gradient = TVector.Load(y + j);
                a = TVector.MultiplyAdd(gradient, TVector.Load(w + j), a);
                b = TVector.MultiplyAdd(gradient, TVector.Load(w + Width + j), b);
                c = TVector.MultiplyAdd(gradient, TVector.Load(w + (2 * Width) + j), c);
                d = TVector.MultiplyAdd(gradient, TVector.Load(w + (3 * Width) + j), d);
            }
            sums[i] += TVector.Sum(a);
            sums[i + 1] += TVector.Sum(b);
            sums[i + 2] += TVector.Sum(c);
            sums[i + 3] += TVector.Sum(d);
        }
        for (; i < depth; i++, w += Width)
        {
            var a = TVector.Create(0);
            for (var j = 0; j < Width; j += TVector.Count)
                a = TVector.MultiplyAdd(TVector.Load(y + j), TVector.Load(w + j), a);
            sums[i] += TVector.Sum(a);
        }
    }

    private void Widen(TStored* panel, int k, int depth, int output, float* wide)
    {
        for (var i = 0; i < depth; i++)
        {
            for (var j = 0; j < Width; j++)
            {
                var value = TFormat.Decode(panel[TFormat.Place(k + i, j)]);
                wide[(i * Width) + j] = scales == null ? value : value * scales[output + j];
            }
        }
    }

    private void Pad(float* y, int count, int outputs, float* part)
    {
        new Span<float>(part, count * Width).Clear();
        for (var r = 0; r < count; r++)
            RowMath.Copy(y + ((long)r * outFeatures), part + (r * Width), outputs);
    }
}
