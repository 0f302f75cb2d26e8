using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The threads that work on one row together: the work-items of a group, or one worker of a processor.</summary>
internal interface IThreadGroup
{
    /// <summary>Which one this is.</summary>
    int Index { get; }

    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>Waits for the others and sees what they wrote.</summary>
    void Sync();
}

/// <summary>The work-items of the present group.</summary>
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

/// <summary>One worker alone.</summary>
internal struct SingleThread : IThreadGroup
{
    public readonly int Index => 0;

    public readonly int Count => 1;

    public readonly void Sync()
    {
    }
}
