using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

internal static class LogSoftmaxPortable
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    public static void Run(Device device, in LogSoftmaxArgs args) =>
        device.Launch(
            new KernelConfig(args.Rows, device.GroupSize),
            new Kernel(
                args.Logits, args.Scores, device.OrEmpty(args.LogSums),
                args.RowsPerSource, args.Vocabulary, args.Normalize ? 1 : 0));

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> logits, ArrayView<float> scores, ArrayView<float> logSums, int rowsPerSource, int vocabulary, int normalize)
            : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var source = (long)(Grid.IdxX / rowsPerSource) * vocabulary;
            var row = (long)Grid.IdxX * vocabulary;

            var largest = float.NegativeInfinity;
            for (var c = Group.IdxX; c < vocabulary; c += Group.DimX)
                largest = IntrinsicMath.Max(largest, Clean(logits[source + c]));
            largest = GroupReduction.Max(largest, shared);
            // A row of -inf has no distribution. Differences of infinities must not be compared: in PTX, ILGPU counts NaN as more.
            largest = largest > float.NegativeInfinity ? largest : 0f;

            var sum = 0f;
            var stride = Group.DimX * Block;
            for (var start = Group.IdxX; start < vocabulary; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, vocabulary);
                var block = 0f;
                for (var c = start; c < end; c += Group.DimX)
                    block += Maths.Exp(Clean(logits[source + c]) - largest);
                sum += block;
            }
            sum = GroupReduction.Sum(sum, shared);

            var logSum = sum > 0f ? Maths.Log(sum) : 0f;
            for (var c = Group.IdxX; c < vocabulary; c += Group.DimX)
            {
                var value = Clean(logits[source + c]);
                scores[row + c] = normalize != 0 ? value - largest - logSum : value;
            }
            if (logSums.Length > 0 && Group.IdxX == 0)
                logSums[Grid.IdxX] = largest + logSum;
        }
    }

    private static float Clean(float value) => value < float.PositiveInfinity ? value : float.NegativeInfinity;
}
