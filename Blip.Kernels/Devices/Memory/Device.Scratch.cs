using ILGPU;

namespace Blip.Kernels.Devices;

/// <content>Memory within an operator.</content>
public sealed partial class Device
{
    private DeviceBuffer<byte>? scratch;

    /// <summary>
    /// Memory for what one step of an operator leaves to its next one. It is everybody's: the next operator writes there, which is right
    /// since work runs in the order in which it was given. It grows to the largest size that was asked for, and stays.
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
