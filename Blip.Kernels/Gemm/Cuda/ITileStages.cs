using Blip.Kernels.Ptx;
using ILGPU;

namespace Blip.Kernels;

/// <summary>The ring of stages in shared memory of <see cref="GemmTensorCore"/>.</summary>
internal interface ITileStages
{
    static abstract int Count { get; }

    /// <summary>Dynamic shared memory of a launch in bytes; 0 if the kernel's is static.</summary>
    static abstract int LaunchBytes { get; }

    static abstract ArrayView<Bits4> Memory();

    /// <summary>Waits for the thread's copies of the next stage.</summary>
    static abstract void Wait();
}

/// <summary>48 KB, which every device has.</summary>
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
/// 96 KB of the 99 KB or more that sm_80 and later give on request. The kernel's registers allow one group per
/// multiprocessor in any case: more memory costs none, and weights are under way for five steps instead of two.
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
