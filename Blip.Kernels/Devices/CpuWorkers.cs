using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Devices;

/// <summary>
/// The one kernel through which every CPU variant runs. ILGPU takes some 60 ms to prepare a kernel, so that one kernel per operator
/// would cost a second before the first answer; this one is given the operator as an address and a function.
/// </summary>
internal static unsafe class CpuWorkers
{
    /// <summary>What is to be run.</summary>
    /// <param name="Operator">Address of the <see cref="ICpuOperator"/>.</param>
    /// <param name="Function">Address of <see cref="RunTask{TOperator}"/>.</param>
    /// <param name="Tasks">Number of tasks.</param>
    public readonly record struct Command(long Operator, long Function, int Tasks);

    /// <summary>Grid: one group of one work-item per core. <paramref name="next"/> holds the first task that nobody took yet.</summary>
    public static void Kernel(Command command, ArrayView<int> next) => Drain(command, ref next[0]);

    // The CPU accelerator runs the .NET method itself, so that it may use what ILGPU's own language lacks: pointers and vectors.
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Drain(Command command, ref int next)
    {
        var run = (delegate*<void*, int, void>)command.Function;
        for (var task = Interlocked.Increment(ref next) - 1; task < command.Tasks; task = Interlocked.Increment(ref next) - 1)
            run((void*)command.Operator, task);
    }

    /// <summary>The function of one type of operator.</summary>
    public static void RunTask<TOperator>(void* op, int task)
        where TOperator : unmanaged, ICpuOperator => ((TOperator*)op)->Run(task);
}
