namespace Blip.Kernels.Devices;

/// <content>Host memory that a CPU device works in.</content>
public sealed partial class Device
{
    /// <summary>
    /// A buffer over the caller's memory, such as a mapped file, without a copy. Disposing it frees nothing. Kernels must not write to
    /// read-only memory. Only on <see cref="DeviceKind.Cpu"/>.
    /// </summary>
    /// <param name="address">The first byte, at a multiple of 64.</param>
    /// <param name="length">Bytes; 64 more may be read. They outlive the buffer.</param>
    /// <exception cref="InvalidOperationException">The device is of another kind.</exception>
    /// <exception cref="ArgumentException">The address is null or not at a multiple of 64.</exception>
    public unsafe DeviceBuffer<byte> Borrow(nint address, long length)
    {
        if (Kind != DeviceKind.Cpu)
            throw new InvalidOperationException($"{Description.Id} cannot work in the host's memory.");
        if (address == 0 || address % 64 != 0)
            throw new ArgumentException($"{address:x} is no address at a multiple of 64.", nameof(address));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new DeviceBuffer<byte>(this, (byte*)address, length);
    }
}
