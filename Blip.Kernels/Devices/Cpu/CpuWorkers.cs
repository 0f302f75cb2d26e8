using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;

namespace Blip.Kernels.Devices;

/// <summary>The one kernel that runs every CPU variant (decision 42). It walks a list of operators, with a barrier after each.</summary>
internal static unsafe class CpuWorkers
{
    /// <summary>Ints between two counters: all cores write them, and a cache line holds 16.</summary>
    public const int CounterStride = 16;

    /// <summary>Counters before the commands' own.</summary>
    public const int OtherCounters = 2;

    // About 4 µs, more than most barriers need; then about 0.2 ms.
    private const int Spins = 100, Yields = 400;

    // Workers that exceed both limits sleep on this lock, which all devices share.
    private static readonly object Sleeping = new();

    /// <summary>The addresses of an <see cref="ICpuOperator"/> and its <see cref="RunTask{TOperator}"/>.</summary>
    public readonly record struct Command(long Operator, long Function, int Tasks);

    /// <summary>
    /// A launch's commands, for workers that run concurrently. Counters are zeros: arrivals at barriers, sleeping workers, then each
    /// command's first free task.
    /// </summary>
    public readonly record struct List(long Commands, long Counters, int Count, int Workers);

    /// <summary>Grid: one group of one work-item per worker.</summary>
    public readonly struct Kernel(List list) : IDeviceKernel
    {
        /// <inheritdoc/>
        public void Run() => Walk(list);
    }

    // The CPU accelerator runs the .NET method itself, so it may use pointers and vectors.
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

    public static void RunTask<TOperator>(void* op, int task)
        where TOperator : unmanaged, ICpuOperator => ((TOperator*)op)->Run(task);

    // Each worker waits for all: the next operator reads this one's results. It yields soon, and sleeps after a long wait.
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

    // Each side writes its own counter before it reads the other's: the sleeper sees the last arrival, or that worker sees the sleeper.
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
