using System.Runtime.InteropServices;

namespace Blip.Emulation.Machine;

internal sealed unsafe class SharedMemory : IDisposable
{
    private readonly byte* data;
    private readonly byte* state;

    public SharedMemory(int bytes)
    {
        Bytes = bytes;
        data = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + 128, 128);
        state = (byte*)NativeMemory.AllocZeroed((nuint)bytes + 128);
    }

    public int Bytes { get; }

    /// <summary>Forgets the previous group's writes.</summary>
    public void Clear()
    {
        new Span<byte>(data, Bytes).Fill(0xFF);
        new Span<byte>(state, Bytes).Clear();
    }

    /// <inheritdoc cref="GlobalMemory.Resolve"/>
    public byte* Resolve(ulong offset, int bytes, int alignment, out byte* written)
    {
        if (offset > (ulong)Bytes || (int)offset + bytes > Bytes)
            throw new EmulationException(
                Fault.OutOfBounds, $"shared access of {bytes} bytes at offset 0x{offset:x}; the group has {Bytes} bytes");
        if ((offset & (ulong)(alignment - 1)) != 0)
            throw new EmulationException(
                Fault.Misaligned, $"shared access of {bytes} bytes at offset {offset}, no multiple of {alignment}");
        written = state + offset;
        return data + offset;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(data);
        NativeMemory.Free(state);
    }
}

/// <summary>Each thread's private memory: local variables, or call arguments.</summary>
internal sealed unsafe class ThreadMemory : IDisposable
{
    private readonly byte* data;
    private readonly byte* state;
    private readonly int stride;
    private readonly string name;

    public ThreadMemory(int bytes, string name)
    {
        Bytes = bytes;
        this.name = name;
        stride = (bytes + 31) / 16 * 16;
        data = (byte*)NativeMemory.AlignedAlloc((nuint)stride * 32, 128);
        state = (byte*)NativeMemory.AllocZeroed((nuint)stride * 32);
    }

    public int Bytes { get; }

    public void Clear()
    {
        new Span<byte>(data, stride * 32).Fill(0xFF);
        new Span<byte>(state, stride * 32).Clear();
    }

    /// <inheritdoc cref="GlobalMemory.Resolve"/>
    public byte* Resolve(ulong offset, int lane, int bytes, int alignment, out byte* written)
    {
        if (offset > (ulong)Bytes || (int)offset + bytes > Bytes)
            throw new EmulationException(
                Fault.OutOfBounds, $"{name} access of {bytes} bytes at offset 0x{offset:x}; a thread has {Bytes} bytes");
        if ((offset & (ulong)(alignment - 1)) != 0)
            throw new EmulationException(
                Fault.Misaligned, $"{name} access of {bytes} bytes at offset {offset}, no multiple of {alignment}");
        written = state + (lane * stride) + (long)offset;
        return data + (lane * stride) + (long)offset;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(data);
        NativeMemory.Free(state);
    }
}
