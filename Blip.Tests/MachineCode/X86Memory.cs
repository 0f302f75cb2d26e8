namespace Blip.Tests.MachineCode;

/// <summary>The memory that instructions may touch: parts of this process's own, each with its ends.</summary>
internal sealed unsafe class X86Memory
{
    private readonly List<(ulong Start, ulong End, bool IsWritable, string Name)> parts = [];

    /// <summary>Allows a part.</summary>
    public void Allow(void* start, long length, bool isWritable, string name) =>
        parts.Add(((ulong)start, (ulong)start + (ulong)length, isWritable, name));

    /// <summary>What lies there.</summary>
    /// <exception cref="InvalidOperationException">It is not allowed to be read.</exception>
    public ReadOnlySpan<byte> Read(ulong address, int length)
    {
        Check(address, length, isWrite: false);
        return new((void*)address, length);
    }

    /// <summary>Writes there.</summary>
    /// <exception cref="InvalidOperationException">It is not allowed to be written.</exception>
    public void Write(ulong address, ReadOnlySpan<byte> bytes)
    {
        Check(address, bytes.Length, isWrite: true);
        bytes.CopyTo(new Span<byte>((void*)address, bytes.Length));
    }

    private void Check(ulong address, int length, bool isWrite)
    {
        foreach (var (start, end, isWritable, _) in parts)
        {
            if (address >= start && address + (ulong)length <= end && (isWritable || !isWrite))
                return;
        }
        var places = string.Join(", ", parts.Select(part => $"{part.Name} at {(long)(address - part.Start)} of {part.End - part.Start}"));
        throw new InvalidOperationException($"{(isWrite ? "writes" : "reads")} {length} bytes where it may not: {places}");
    }
}
