using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;
using Sums16 = Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Sums4>>;
using Sums64 = Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Pair<Blip.Kernels.Sums4>>>>;

namespace Blip.Bench.Peaks;

/// <summary>The same limits on OpenCL and CUDA.</summary>
internal static class PeakPortable
{
    /// <summary>
    /// Multiply-additions in registers. A GPU fills its units with work-items of few sums each. A processor's driver makes vectors of one
    /// item's many neighbouring sums.
    /// </summary>
    /// <param name="sink">Twice the lanes of <typeparamref name="TSums"/> per work-item; the first lanes are each round's addends.</param>
    /// <param name="rounds">Rounds of two blocks.</param>
    /// <param name="x">Below 1.</param>
    [Kernel(typeof(Sums16)), Kernel(typeof(Sums64))]
    public readonly struct Fma<TSums>(ArrayView<float> sink, int rounds, float x) : IDeviceKernel
        where TSums : unmanaged, ISums<TSums>
    {
        public void Run()
        {
            var lanes = TSums.Count;
            var own = sink.SubView(((long)Grid.IdxX * Group.DimX + Group.IdxX) * 2 * lanes, 2 * lanes);
            var shift = TSums.Load<float, Float32Weights>(own, 0, 0);
            TSums first = default, second = default;
            for (var round = 0; round < rounds; round++)
            {
                first = TSums.MultiplyAdd(x, first, shift);
                second = TSums.MultiplyAdd(x, second, shift);
            }
            TSums.Store(first, own, 0);
            TSums.Store(second, own, lanes);
        }
    }

    /// <summary>Sums of memory with a contiguous piece per work-item, for processors.</summary>
    /// <param name="source">The memory.</param>
    /// <param name="sink">Each work-item's lanes.</param>
    /// <param name="piece">Elements per work-item, a multiple of 64.</param>
    [Kernel]
    public readonly struct ReadPieces(ArrayView<float> source, ArrayView<float> sink, int piece) : IDeviceKernel
    {
        public void Run()
        {
            var item = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
            var own = source.SubView(item * piece, piece);
            Sums64 sums = default;
            for (var i = 0; i < piece / Sums64.Count; i++)
                sums = Sums64.MultiplyAdd(1f, Sums64.Load<float, Float32Weights>(own, i, 0), sums);
            Sums64.Store(sums, sink.SubView(item * Sums64.Count, Sums64.Count), 0);
        }
    }

    /// <summary>Sums of memory, interleaved, for GPUs.</summary>
    [Kernel]
    public readonly struct ReadStrided(ArrayView<float> source, ArrayView<float> sink) : IDeviceKernel
    {
        public void Run()
        {
            var items = (long)Grid.DimX * Group.DimX;
            var item = ((long)Grid.IdxX * Group.DimX) + Group.IdxX;
            float a = 0, b = 0, c = 0, d = 0;
            for (var i = item; i + (3 * items) < source.Length; i += 4 * items)
            {
                a += source[i];
                b += source[i + items];
                c += source[i + (2 * items)];
                d += source[i + (3 * items)];
            }
            sink[item] = a + b + c + d;
        }
    }
}
