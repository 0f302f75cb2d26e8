using ILGPU.Runtime.Cuda;

namespace Blip.Kernels.Devices;

/// <content>The abilities of an NVIDIA GPU.</content>
public sealed partial class Device
{
    // CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, which ILGPU has no name for.
    private const DeviceAttributeKind MaxSharedMemoryOnRequest = (DeviceAttributeKind)97;

    private DeviceBuffer<int>? counters;

    /// <summary>The compute capability of a CUDA device, 75 for 7.5; 0 on every other device.</summary>
    internal int Architecture { get; private init; }

    /// <summary>Whether products in single precision may be rounded; see <see cref="DeviceOptions.Tf32"/>.</summary>
    internal bool Tf32 { get; private init; }

    /// <summary>Whether instructions of warpgroups are there and allowed; see <see cref="DeviceOptions.WarpGroups"/>.</summary>
    internal bool WarpGroups { get; private init; }

    /// <summary>Bytes of shared memory that a group has where its launch asks for them; 0 where there is no CUDA.</summary>
    internal int SharedMemoryOnRequest { get; private init; }

    /// <summary>
    /// Zeros with which the groups of a kernel count how many of them are done; the last one leaves zeros behind. It grows to the largest size
    /// that was asked for, and stays.
    /// </summary>
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
