using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The ring of stages in shared memory through which <see cref="GemmTensorCore"/> goes.</summary>
internal interface ITileStages
{
    /// <summary>How many there are.</summary>
    static abstract int Count { get; }

    /// <summary>Bytes that a launch must give it; 0 where the kernel has its own.</summary>
    static abstract int LaunchBytes { get; }

    /// <summary>Their memory.</summary>
    static abstract ArrayView<Bits4> Memory();

    /// <summary>Waits until the thread's copies for the stage that is read next are there.</summary>
    static abstract void Wait();
}

/// <summary>Three stages: 48 KB, which every device has without being asked.</summary>
internal readonly struct ThreeStages : ITileStages
{
    public static int Count
    {
        get => 3;
    }

    public static int LaunchBytes => 0;

    public static ArrayView<Bits4> Memory() => SharedMemory.Allocate<Bits4>(3 * GemmTensorCore.StageBytes / 16);

    public static void Wait() => TensorCore.WaitForCopies1();
}

/// <summary>
/// Six stages: 96 KB, of the 99 KB or more that sm_80 and later give to who asks. The registers of the kernel leave room for one group on a
/// multiprocessor in any case: more memory costs no second one, and weights are under way for five steps and not two.
/// </summary>
internal readonly struct SixStages : ITileStages
{
    public static int Count
    {
        get => 6;
    }

    public static int LaunchBytes => 6 * GemmTensorCore.StageBytes;

    public static ArrayView<Bits4> Memory() => SharedMemory.GetDynamic<Bits4>();

    public static void Wait() => TensorCore.WaitForCopies4();
}
