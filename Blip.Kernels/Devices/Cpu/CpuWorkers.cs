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

    /// <summary>Counters before those of the commands.</summary>
    public const int OtherCounters = 2;

    // About 4 µs, more than most barriers need; then some 0.2 ms, usually longer than the others' remaining work.
    private const int Spins = 100, Yields = 400;

    // Workers that exceed both limits sleep on this lock, shared by all devices, and check again when woken. This is rare.
    private static readonly object Sleeping = new();

    /// <summary>An operator that waits to be run.</summary>
    /// <param name="Operator">Address of the <see cref="ICpuOperator"/>.</param>
    /// <param name="Function">Address of <see cref="RunTask{TOperator}"/>.</param>
    /// <param name="Tasks">Number of tasks.</param>
    public readonly record struct Command(long Operator, long Function, int Tasks);

    /// <summary>The commands of a launch.</summary>
    /// <param name="Commands">Address of the first <see cref="Command"/>.</param>
    /// <param name="Counters">
    /// Address of zeros: arrivals at barriers, workers that sleep at one, then the first free task of each command.
    /// </param>
    /// <param name="Count">Number of commands.</param>
    /// <param name="Workers">Number of workers, all of which run at the same time.</param>
    public readonly record struct List(long Commands, long Counters, int Count, int Workers);

    /// <summary>Grid: one group of one work-item per worker.</summary>
    public readonly struct Kernel(List list) : IDeviceKernel
    {
        /// <inheritdoc/>
        public void Run() => Walk(list);
    }

    // The CPU accelerator runs the .NET method itself, which may therefore use pointers and vectors.
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Walk(List list)
    {
        var commands = (Command*)list.Commands;
        int* arrivals = (int*)list.Counters, sleepers = arrivals + CounterStride;
        for (var i = 0; i < list.Count; i++)
        {
            var run = (delegate*<void*, int, void>)commands[i].Function;
            ref var next = ref arrivals[(i + OtherCounters) * CounterStride];
            for (var task = Interlocked.Increment(ref next) - 1; task < commands[i].Tasks; task = Interlocked.Increment(ref next) - 1)
                run((void*)commands[i].Operator, task);
            if (i + 1 < list.Count)
                Arrive(ref *arrivals, ref *sleepers, (i + 1) * list.Workers);
        }
    }

    /// <summary>The function of one type of operator.</summary>
    public static void RunTask<TOperator>(void* op, int task)
        where TOperator : unmanaged, ICpuOperator => ((TOperator*)op)->Run(task);

    // The next operator reads what this one wrote: no worker continues before all are here. A core that is wanted by others is given up soon, and
    // one that has nothing to do for long is left idle.
    private static void Arrive(ref int arrivals, ref int sleepers, int all)
    {
        if (Interlocked.Increment(ref arrivals) == all)
        {
            if (Volatile.Read(ref sleepers) > 0)
                Wake();
            return;
        }
        for (var tries = 0; Volatile.Read(ref arrivals) < all; tries++)
        {
            if (tries < Spins)
                Thread.SpinWait(1);
            else if (tries < Spins + Yields)
                Thread.Yield();
            else
                Sleep(ref arrivals, ref sleepers, all);
        }
    }

    // Each side writes its own counter before it reads the other's, so that either the sleeper sees the last arrival or that one sees a sleeper.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sleep(ref int arrivals, ref int sleepers, int all)
    {
        Interlocked.Increment(ref sleepers);
        lock (Sleeping)
        {
            while (Volatile.Read(ref arrivals) < all)
                Monitor.Wait(Sleeping);
        }
        Interlocked.Decrement(ref sleepers);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wake()
    {
        lock (Sleeping)
            Monitor.PulseAll(Sleeping);
    }
}
