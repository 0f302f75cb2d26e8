using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <content>Features of an NVIDIA GPU.</content>
public sealed partial class Device
{
    // CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, which ILGPU does not name.
    private const DeviceAttributeKind MaxSharedMemoryOnRequest = (DeviceAttributeKind)97;

    private DeviceBuffer<int>? counters;

    /// <summary>The CUDA compute capability, 75 for 7.5; 0 on other devices.</summary>
    internal int Architecture { get; private init; }

    /// <summary>See <see cref="DeviceOptions.Tf32"/>.</summary>
    internal bool Tf32 { get; private init; }

    /// <summary>Whether warpgroup instructions exist and are allowed.</summary>
    internal bool WarpGroups { get; private init; }

    /// <summary>Bytes of shared memory per group on request; 0 without CUDA.</summary>
    internal int SharedMemoryOnRequest { get; private init; }

    /// <summary>Zeros to count a kernel's ended groups; the last group resets them. The buffer grows as needed.</summary>
    internal ILGPU.ArrayView<int> Counters(long count)
    {
        if (counters is null || counters.Length < count)
        {
            Synchronize();
            counters?.Dispose();
            counters = Allocate<int>(count);
        }
        return counters.View;
    }

    private static int SharedMemoryOf(ILGPU.Runtime.Accelerator accelerator) => accelerator is CudaAccelerator cuda
        ? CudaAPI.CurrentAPI.GetDeviceAttribute(MaxSharedMemoryOnRequest, cuda.DeviceId)
        : 0;

    private static int ArchitectureOf(ILGPU.Runtime.Accelerator accelerator) => accelerator is CudaAccelerator cuda
        ? (10 * cuda.Architecture.Major) + cuda.Architecture.Minor
        : 0;
}
