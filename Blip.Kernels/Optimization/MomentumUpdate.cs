using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// A slow copy follows the trained parameters (He et al. 2020, eq. 2): <c>slow = momentum · slow + (1 - momentum) · fast</c>.
/// </summary>
/// <remarks>
/// Packed matrices of single precision are flat, too: padding stays zero. Variants: <see cref="MomentumUpdateSimd"/> (CPU), a portable
/// kernel.
/// </remarks>
public static class MomentumUpdate
{
    /// <summary>Updates the slow values.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="slow">The slow values.</param>
    /// <param name="fast">The trained values, as many.</param>
    /// <param name="momentum">The share of the slow values, from 0 to 1.</param>
    /// <exception cref="ArgumentException">Lengths differ, or the momentum is out of range.</exception>
    public static void Run(Device device, ArrayView<float> slow, ArrayView<float> fast, double momentum)
    {
        if (slow.Length != fast.Length)
            throw new ArgumentException($"slow holds {slow.Length} elements, fast {fast.Length}.", nameof(fast));
        if (!(momentum is >= 0 and <= 1))
            throw new ArgumentException($"momentum is {momentum}; it must lie from 0 to 1.", nameof(momentum));
        var count = slow.Length;
        if (count == 0)
            return;
        var (keep, take) = ((float)momentum, (float)(1 - momentum));
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new MomentumUpdateSimd(slow, fast, count, keep, take));
            return;
        }
        var perItem = Elementwise.ElementsPerItem(device);
        device.Launch(Elementwise.Launch(device, count, perItem), new Kernel(slow, fast, count, keep, take, perItem));
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> slow, ArrayView<float> fast, long count, float keep, float take, int perItem) : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, count);
            for (var i = first; i < end; i++)
                slow[i] = (slow[i] * keep) + (fast[i] * take);
        }
    }
}

internal readonly unsafe struct MomentumUpdateSimd(
    ArrayView<float> slow, ArrayView<float> fast, long count, float keep, float take) : IVectorOperator
{
    private const int Piece = 16384;

    private readonly float* slow = Cpu.Pointer(slow), fast = Cpu.Pointer(fast);
    private readonly long count = count;
    private readonly float keep = keep, take = take;

    public int Tasks => checked((int)((count + Piece - 1) / Piece));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (keeps, takes) = (TVector.Create(keep), TVector.Create(take));
        var end = Math.Min((task + 1L) * Piece, count);
        for (var i = (long)task * Piece; i < end; i += TVector.Count)
        {
            var next = TVector.MultiplyAdd(TVector.Load(slow + i), keeps, TVector.Load(fast + i) * takes);
            VectorTail.Store(next, slow + i, end - i);
        }
    }
}
