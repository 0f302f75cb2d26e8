using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Blip.Kernels.Devices;

/// <summary>CPU operators that wait for one launch. Their memory lives as long as the device.</summary>
internal sealed unsafe class CpuCommandList : IDisposable
{
    // A large model's step has some 300 operators of some 200 bytes.
    private const int MaxCommands = 1024;
    private const int OperatorBytes = 1 << 19;
    private const int Alignment = 64;

    private readonly CpuWorkers.Command* commands =
        (CpuWorkers.Command*)NativeMemory.AlignedAlloc((nuint)(MaxCommands * sizeof(CpuWorkers.Command)), Alignment);
    private readonly byte* operators = (byte*)NativeMemory.AlignedAlloc(OperatorBytes, Alignment);
    private readonly int* counters =
        (int*)NativeMemory.AlignedAlloc((MaxCommands + CpuWorkers.OtherCounters) * CpuWorkers.CounterStride * sizeof(int), Alignment);
    private int used;

    public int Count { get; private set; }

    public bool HasRoomFor<TOperator>()
        where TOperator : unmanaged => Count < MaxCommands && used + Padded<TOperator>() <= OperatorBytes;

    public void Add<TOperator>(in TOperator op)
        where TOperator : unmanaged, ICpuOperator
    {
        var address = operators + used;
        used += Padded<TOperator>();
        Unsafe.Write(address, op);
        delegate*<void*, int, void> function = &CpuWorkers.RunTask<TOperator>;
        commands[Count++] = new CpuWorkers.Command((long)address, (long)function, op.Tasks);
    }

    /// <summary>Empties the list. Its memory stays in use until the launch has ended.</summary>
    public CpuWorkers.List Take(int workers)
    {
        var list = new CpuWorkers.List((long)commands, (long)counters, Count, workers);
        NativeMemory.Clear(counters, (nuint)((Count + CpuWorkers.OtherCounters) * CpuWorkers.CounterStride * sizeof(int)));
        (Count, used) = (0, 0);
        return list;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(commands);
        NativeMemory.AlignedFree(operators);
        NativeMemory.AlignedFree(counters);
    }

    private static int Padded<TOperator>()
        where TOperator : unmanaged => (sizeof(TOperator) + Alignment - 1) / Alignment * Alignment;
}
