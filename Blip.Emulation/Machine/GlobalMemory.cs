using System.Runtime.InteropServices;

namespace Blip.Emulation.Machine;

/// <summary>
/// Device memory. Allocations have distant address ranges, outside a processor's addresses, to catch accesses beyond them and hosts that
/// follow device pointers.
/// </summary>
/// <param name="number">Distinguishes devices' memories; 0 to 255.</param>
public sealed unsafe class GlobalMemory(int number = 0) : IDisposable
{
    private const int OffsetBits = 32;
    private const ulong OffsetMask = (1UL << OffsetBits) - 1;
    private const int MaxAllocations = 1 << 16;

    private readonly ulong first = (1UL << 56) | ((ulong)(number & 0xFF) << 48);
    private readonly Lock growing = new();
    private readonly Queue<int> freed = [];
    private Allocation[] allocations = new Allocation[256];
    private int count;

    /// <summary>Bytes in live allocations.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The live allocations: address and size.</summary>
    public IReadOnlyList<(ulong Address, long Size)> Live
    {
        get
        {
            lock (growing)
                return [.. allocations.Take(count).Where(allocation => !allocation.Freed)
                    .Select(allocation => (allocation.Address, allocation.Size))];
        }
    }

    /// <summary>Whether an address is in device memory.</summary>
    public static bool IsDevice(ulong address) => address >> 56 == 1;

    /// <summary>Allocates memory that must be written before reads.</summary>
    /// <exception cref="EmulationException">The size is invalid.</exception>
    public ulong Allocate(long bytes)
    {
        if (bytes is <= 0 or > (long)OffsetMask)
            throw new EmulationException(Fault.Host, $"an allocation of {bytes} bytes");
        lock (growing)
        {
            // Addresses are reused last, so that stale pointers are noticed for long.
            var index = count < MaxAllocations
                ? count : freed.Count > 0 ? freed.Dequeue()
                : throw new EmulationException(Fault.Host, "too many allocations");
            if (index == allocations.Length)
                Array.Resize(ref allocations, index * 2);
            var address = first | ((ulong)index << OffsetBits);
            var data = (byte*)NativeMemory.AlignedAlloc((nuint)bytes + 16, 64);
            // A read that escapes all checks gives a quiet NaN in every format.
            new Span<byte>(data, checked((int)bytes)).Fill(0xFF);
            allocations[index] = new Allocation(address, bytes, data, (byte*)NativeMemory.AllocZeroed((nuint)bytes + 16));
            count = Math.Max(count, index + 1);
            AllocatedBytes += bytes;
            return address;
        }
    }

    /// <summary>Frees an allocation.</summary>
    /// <exception cref="EmulationException">The address starts no allocation, or was freed.</exception>
    public void Free(ulong address)
    {
        lock (growing)
        {
            var allocation = Find(address);
            if (allocation is null || allocation.Address != address)
                throw new EmulationException(Fault.Host, $"free of 0x{address:x}, which is the begin of no allocation");
            if (allocation.Freed)
                throw new EmulationException(Fault.Freed, $"free of 0x{address:x}, which was freed before");
            AllocatedBytes -= allocation.Size;
            allocation.Free();
            freed.Enqueue((int)((address - first) >> OffsetBits));
        }
    }

    /// <summary>Copies from the host.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> values)
    {
        values.CopyTo(new Span<byte>(Resolve(address, values.Length, 1, out var state), values.Length));
        new Span<byte>(state, values.Length).Fill(1);
    }

    /// <summary>Copies to the host, unwritten memory included.</summary>
    public void Read(ulong address, Span<byte> values) =>
        new ReadOnlySpan<byte>(Resolve(address, values.Length, 1, out _), values.Length).CopyTo(values);

    /// <summary>Copies within device memory; unwritten bytes stay unwritten.</summary>
    public void Copy(ulong from, ulong to, int bytes)
    {
        var source = Resolve(from, bytes, 1, out var sourceState);
        var target = Resolve(to, bytes, 1, out var targetState);
        new ReadOnlySpan<byte>(source, bytes).CopyTo(new Span<byte>(target, bytes));
        new ReadOnlySpan<byte>(sourceState, bytes).CopyTo(new Span<byte>(targetState, bytes));
    }

    /// <summary>Sets bytes.</summary>
    public void Fill(ulong address, byte value, int bytes)
    {
        new Span<byte>(Resolve(address, bytes, 1, out var state), bytes).Fill(value);
        new Span<byte>(state, bytes).Fill(1);
    }

    /// <summary>Whether an address is in freed memory.</summary>
    public bool WasFreed(ulong address) => Find(address) is { Freed: true };

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (growing)
        {
            for (var i = 0; i < count; i++)
                allocations[i].Free();
            count = 0;
        }
    }

    /// <summary>An access's bytes, and a byte for each that tells whether it was written.</summary>
    /// <exception cref="EmulationException">The access leaves its allocation, or is misaligned.</exception>
    internal byte* Resolve(ulong address, int bytes, int alignment, out byte* state)
    {
        var data = Find(address, bytes, alignment, out state);
        return data != null ? data : throw Refuse(address, bytes, alignment);
    }

    /// <summary>The same; null for a rejected access.</summary>
    internal byte* Find(ulong address, int bytes, int alignment, out byte* state)
    {
        var index = (address - first) >> OffsetBits;
        if (index < (ulong)count)
        {
            var allocation = allocations[index];
            var offset = (long)(address & OffsetMask);
            if (offset + bytes <= allocation.Size && (address & (ulong)(alignment - 1)) == 0 && !allocation.Freed)
            {
                state = allocation.State + offset;
                return allocation.Data + offset;
            }
        }
        state = null;
        return null;
    }

    /// <summary>The stamps of an access's 32-bit words, and their number.</summary>
    internal int Stamps(ulong address, out ulong* writes, out ulong* reads, int bytes)
    {
        var allocation = allocations[(address - first) >> OffsetBits];
        if (allocation.Writes == null)
        {
            lock (growing)
                allocation.MakeStamps();
        }
        var offset = (long)(address & OffsetMask);
        writes = allocation.Writes + (offset / 4);
        reads = allocation.Reads + (offset / 4);
        return (int)(((offset + bytes - 1) / 4) - (offset / 4) + 1);
    }

    private EmulationException Refuse(ulong address, int bytes, int alignment)
    {
        if (Find(address) is not { } allocation)
            return new EmulationException(Fault.OutOfBounds, $"global access of {bytes} bytes at 0x{address:x}, which is in no allocation");
        var offset = address & OffsetMask;
        if (allocation.Freed)
            return new EmulationException(Fault.Freed, $"global access of {bytes} bytes at 0x{address:x}, in memory that was freed");
        // An address just before an allocation has the previous index and a large offset.
        return (long)offset + bytes > allocation.Size
            ? new EmulationException(
                Fault.OutOfBounds, $"global access of {bytes} bytes at offset {offset} of an allocation of {allocation.Size} bytes")
            : new EmulationException(Fault.Misaligned, $"global access of {bytes} bytes at offset {offset}, no multiple of {alignment}");
    }

    private Allocation? Find(ulong address)
    {
        var index = (address - first) >> OffsetBits;
        return index < (ulong)count ? allocations[index] : null;
    }

    private sealed class Allocation(ulong address, long size, byte* data, byte* state)
    {
        public ulong Address => address;

        public long Size => size;

        public byte* Data { get; private set; } = data;

        public byte* State { get; private set; } = state;

        public bool Freed => Data == null;

        public ulong* Writes { get; private set; }

        public ulong* Reads { get; private set; }

        public void MakeStamps()
        {
            if (Writes != null)
                return;
            Reads = (ulong*)NativeMemory.AllocZeroed((nuint)(size / 4) + 2, sizeof(ulong));
            Writes = (ulong*)NativeMemory.AllocZeroed((nuint)(size / 4) + 2, sizeof(ulong));
        }

        public void Free()
        {
            NativeMemory.AlignedFree(Data);
            NativeMemory.Free(State);
            NativeMemory.Free(Writes);
            NativeMemory.Free(Reads);
            Data = State = null;
            Writes = Reads = null;
        }
    }
}
