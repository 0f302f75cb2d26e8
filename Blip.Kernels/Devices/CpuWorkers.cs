using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Devices;

/// <summary>The one kernel through which every CPU variant runs.</summary>
internal static class CpuWorkers
{
    /// <summary>Grid: one group of one work-item per core. <paramref name="next"/> holds the first task that nobody took yet.</summary>
    public static void Kernel<TOperator>(TOperator op, ArrayView<int> next)
        where TOperator : unmanaged, ICpuOperator => Drain(op, ref next[0]);

    // The CPU accelerator runs the .NET method itself, so that it may use vector instructions that ILGPU's own language lacks.
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Drain<TOperator>(TOperator op, ref int next)
        where TOperator : unmanaged, ICpuOperator
    {
        var tasks = op.Tasks;
        for (var task = Interlocked.Increment(ref next) - 1; task < tasks; task = Interlocked.Increment(ref next) - 1)
            op.Run(task);
    }
}
