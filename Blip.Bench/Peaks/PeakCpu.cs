using System.Runtime.CompilerServices;
using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Bench.Peaks;

/// <summary>Only multiply-additions in registers: twelve chains, more than any processor's latency times throughput so far.</summary>
internal readonly unsafe struct FmaOperator<TVector>(float* sink, int tasks, int rounds) : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
{
    private const int Chains = 12;

    public int Tasks => tasks;

    /// <summary>Operations of one launch; a multiply-addition counts as two.</summary>
    public static double Flops(int tasks, int rounds) => 2.0 * Chains * TVector.Count * tasks * rounds;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int task)
    {
        // The values approach 1: neither overflow nor subnormals.
        var (x, shift) = (TVector.Create(0.75f), TVector.Create(0.25f));
        var a = TVector.Create(task);
        TVector b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (var round = 0; round < rounds; round++)
        {
            a = TVector.MultiplyAdd(a, x, shift);
            b = TVector.MultiplyAdd(b, x, shift);
            c = TVector.MultiplyAdd(c, x, shift);
            d = TVector.MultiplyAdd(d, x, shift);
            e = TVector.MultiplyAdd(e, x, shift);
            f = TVector.MultiplyAdd(f, x, shift);
            g = TVector.MultiplyAdd(g, x, shift);
            h = TVector.MultiplyAdd(h, x, shift);
            i = TVector.MultiplyAdd(i, x, shift);
            j = TVector.MultiplyAdd(j, x, shift);
            k = TVector.MultiplyAdd(k, x, shift);
            l = TVector.MultiplyAdd(l, x, shift);
        }
        sink[task] = TVector.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}

/// <summary>Sums of memory: each task reads a piece, in one stream or several.</summary>
internal readonly unsafe struct ReadOperator<TVector>(float* source, long length, float* sink, int streams) : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
{
    /// <summary>Floats per task: 1 MiB.</summary>
    public const int Piece = 1 << 18;

    public int Tasks => (int)(length / Piece);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int task)
    {
        var from = source + ((long)task * Piece);
        var sums = TVector.Create(0);
        if (streams == 1)
        {
            TVector b = sums, c = sums, d = sums;
            for (var i = 0; i < Piece; i += 4 * TVector.Count)
            {
                sums += TVector.Load(from + i);
                b += TVector.Load(from + i + TVector.Count);
                c += TVector.Load(from + i + (2 * TVector.Count));
                d += TVector.Load(from + i + (3 * TVector.Count));
            }
            sums = sums + b + c + d;
        }
        else
        {
            TVector b = sums, c = sums, d = sums;
            const int Quarter = Piece / 4;
            for (var i = 0; i < Quarter; i += TVector.Count)
            {
                sums += TVector.Load(from + i);
                b += TVector.Load(from + Quarter + i);
                c += TVector.Load(from + (2 * Quarter) + i);
                d += TVector.Load(from + (3 * Quarter) + i);
            }
            sums = sums + b + c + d;
        }
        sink[task] = TVector.Sum(sums);
    }
}
