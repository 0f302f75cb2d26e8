using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Threads that share a row: a group's work-items, or one worker of a processor.</summary>
internal interface IThreadGroup
{
    int Index { get; }

    int Count { get; }

    /// <summary>Waits for the others and makes their writes visible.</summary>
    void Sync();
}

internal struct GroupThreads : IThreadGroup
{
    public readonly int Index => Group.IdxX;

    public readonly int Count => Group.DimX;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Sync()
    {
        if (Group.DimX == 1)
            return;
        MemoryFence.GroupLevel();
        Group.Barrier();
    }
}

internal struct SingleThread : IThreadGroup
{
    public readonly int Index => 0;

    public readonly int Count => 1;

    public readonly void Sync()
    {
    }
}
