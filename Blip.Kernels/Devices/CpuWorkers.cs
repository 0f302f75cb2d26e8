using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Devices;

/// <summary>
/// The one kernel through which every CPU variant runs. ILGPU takes some 60 ms to prepare a kernel, so that one kernel per operator
/// would cost a second before the first answer; and some 80 µs to launch one, which would be half the time of a word. This one walks a list of
/// operators, each an address and a function, with a barrier after each.
/// </summary>
internal static unsafe class CpuWorkers
{
    /// <summary>Ints between two counters: they are written from all cores, and a cache line holds 16.</summary>
    public const int CounterStride = 16;

    private const int SpinsBeforeYield = 100;

    /// <summary>An operator that waits to be run.</summary>
    /// <param name="Operator">Address of the <see cref="ICpuOperator"/>.</param>
    /// <param name="Function">Address of <see cref="RunTask{TOperator}"/>.</param>
    /// <param name="Tasks">Number of tasks.</param>
    public readonly record struct Command(long Operator, long Function, int Tasks);

    /// <summary>What a launch runs.</summary>
    /// <param name="Commands">Address of the first <see cref="Command"/>.</param>
    /// <param name="Counters">Address of zeros: one for arrivals at barriers, then one per command for the first task that nobody took yet.</param>
    /// <param name="Count">Number of commands.</param>
    /// <param name="Workers">Number of workers, all of which run at the same time.</param>
    public readonly record struct List(long Commands, long Counters, int Count, int Workers);

    /// <summary>Grid: one group of one work-item per worker.</summary>
    public static void Kernel(List list) => Walk(list);

    // The CPU accelerator runs the .NET method itself, so that it may use what ILGPU's own language lacks: pointers and vectors.
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Walk(List list)
    {
        var commands = (Command*)list.Commands;
        var arrivals = (int*)list.Counters;
        for (var i = 0; i < list.Count; i++)
        {
            var run = (delegate*<void*, int, void>)commands[i].Function;
            ref var next = ref arrivals[(i + 1) * CounterStride];
            for (var task = Interlocked.Increment(ref next) - 1; task < commands[i].Tasks; task = Interlocked.Increment(ref next) - 1)
                run((void*)commands[i].Operator, task);
            if (i + 1 < list.Count)
                Arrive(ref *arrivals, (i + 1) * list.Workers);
        }
    }

    /// <summary>The function of one type of operator.</summary>
    public static void RunTask<TOperator>(void* op, int task)
        where TOperator : unmanaged, ICpuOperator => ((TOperator*)op)->Run(task);

    // The next operator reads what this one wrote: nobody goes on before all are here. A core that is wanted by others is given up soon.
    private static void Arrive(ref int arrivals, int all)
    {
        Interlocked.Increment(ref arrivals);
        for (var spins = 0; Volatile.Read(ref arrivals) < all; spins++)
        {
            if (spins < SpinsBeforeYield)
                Thread.SpinWait(1);
            else
                Thread.Yield();
        }
    }
}
