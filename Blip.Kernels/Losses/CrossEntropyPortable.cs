using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

internal static class CrossEntropyPortable
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    public static void Run(Device device, in CrossEntropyArgs args) =>
        device.Launch(
            new KernelConfig(args.Rows, device.GroupSize),
            new Kernel(
                args.Logits, args.Labels, device.OrEmpty(args.RowWeights), args.Losses, device.OrEmpty(args.Gradient), args.Classes,
                args.LabelSmoothing));

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> logits, ArrayView<int> labels, ArrayView<float> weights, ArrayView<float> losses, ArrayView<float> gradient,
        int classes, float smoothing) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * classes;
            var weight = weights.Length > 0 ? weights[Grid.IdxX] : 1f;
            if (weight == 0f)
            {
                Ignore(row);
                return;
            }
            var label = labels[Grid.IdxX];
            var known = label >= 0 && label < classes;
            // Read before the first barrier: the gradient may overwrite it.
            var right = logits[row + IntrinsicMath.Clamp(label, 0, classes - 1)];

            var largest = float.NegativeInfinity;
            for (var c = Group.IdxX; c < classes; c += Group.DimX)
                largest = IntrinsicMath.Max(largest, logits[row + c]);
            largest = GroupReduction.Max(largest, shared);

            var (sum, total) = (0f, 0f);
            var stride = Group.DimX * Block;
            for (var start = Group.IdxX; start < classes; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, classes);
                var (blockSum, blockTotal) = (0f, 0f);
                for (var c = start; c < end; c += Group.DimX)
                {
                    var shifted = logits[row + c] - largest;
                    blockSum += Maths.Exp(shifted);
                    blockTotal += shifted;
                }
                sum += blockSum;
                total += blockTotal;
            }
            sum = GroupReduction.Sum(sum, shared);
            total = GroupReduction.Sum(total, shared);

            var logSum = Maths.Log(sum);
            var loss = (1f - smoothing) * (logSum - (right - largest));
            if (smoothing > 0f)
                loss += smoothing * (logSum - (total / classes));
            if (Group.IdxX == 0)
                losses[Grid.IdxX] = known ? weight * loss : float.NaN;
            if (gradient.Length == 0)
                return;
            var (scale, everywhere, there) = (weight / sum, weight * (smoothing / classes), weight * (1f - smoothing));
            for (var c = Group.IdxX; c < classes; c += Group.DimX)
            {
                var value = (Maths.Exp(logits[row + c] - largest) * scale) - everywhere - (c == label ? there : 0f);
                gradient[row + c] = known ? value : float.NaN;
            }
        }

        private void Ignore(long row)
        {
            if (Group.IdxX == 0)
                losses[Grid.IdxX] = 0f;
            if (gradient.Length == 0)
                return;
            for (var c = Group.IdxX; c < classes; c += Group.DimX)
                gradient[row + c] = 0f;
        }
    }
}
