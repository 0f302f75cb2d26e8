using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Memory within an operator.</content>
public sealed partial class Device
{
    private DeviceBuffer<byte>? scratch;

    /// <summary>
    /// Memory between an operator's steps. The next operator overwrites it, which is safe because work runs in order. It grows as needed.
    /// </summary>
    internal ArrayView<byte> Scratch(long bytes)
    {
        if (scratch is null || scratch.Length < bytes)
        {
            // Queued work may still use the memory.
            Synchronize();
            scratch?.Dispose();
            scratch = Allocate<byte>(bytes, zeroed: false);
        }
        return scratch.View;
    }
}
