namespace Blip.Datasets.Webdataset;

/// <summary>The stream of a tar. It remembers the last block and the end, to distinguish a tar's end from a truncation.</summary>
internal sealed class BlockStream(Stream inner) : Stream
{
    /// <summary>Bytes of a header, and of the data's units.</summary>
    public const int Block = 512;

    private const int SumStart = 148;
    private const int SumLength = 8;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TypeAt = 156;

    // Long names and pax records; real ones take a few hundred bytes.
    private const long MostExtendedBytes = 1 << 20;

    private readonly byte[] last = new byte[Block];
    private int lastLength;

    // Of a header that came in parts.
    private int missing;

    /// <summary>Whether headers are read now, not a file's bytes.</summary>
    public bool InHeaders { get; set; }

    /// <summary>Whether a read went beyond the end.</summary>
    public bool Ended { get; private set; }

    public long Reads { get; private set; }

    /// <summary>Whether the last block is whole and zero, a tar's end mark.</summary>
    public bool AtEndMark => lastLength == Block && !last.AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>Whether the last block is a header with a correct checksum, which TarReader does not verify.</summary>
    public bool AtSoundHeader => lastLength == Block && IsSoundHeader(last);

    /// <summary>Whether a block is a header with a correct checksum.</summary>
    public static bool IsSoundHeader(ReadOnlySpan<byte> block)
    {
        var (sum, stated) = (SumLength * ' ', 0);
        for (var i = 0; i < Block; i++)
            sum += i is >= SumStart and < SumStart + SumLength ? 0 : block[i];
        foreach (var digit in block.Slice(SumStart, SumLength).Trim(" \0"u8))
            stated = (8 * stated) + (digit - '0');
        return stated == sum;
    }

    public override bool CanRead => true;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">
    /// A header extends the next one by more bytes than any real one: TarReader would reserve them before it reads.
    /// </exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        var count = inner.Read(buffer);
        Ended |= count == 0;
        Reads++;
        Keep(buffer[..count]);
        var isHeader = InHeaders && (buffer.Length == Block || buffer.Length == missing);
        missing = isHeader ? buffer.Length - count : 0;
        if (isHeader && missing == 0 && IsTooLong())
            throw new InvalidDataException("a header is longer than any real one");
        return count;
    }

    // TarReader seeks over data directly after the header, so the last block read is still the header.
    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    // Whether the last block is a header that extends the next one, and states more bytes than any real one. Sizes are octal digits, or
    // numbers in base 256 whose first bit is set.
    private bool IsTooLong()
    {
        if (last[TypeAt] is not ((byte)'x' or (byte)'g' or (byte)'L' or (byte)'K'))
            return false;
        var field = last.AsSpan(SizeAt, SizeLength);
        var size = 0L;
        if (field[0] >= 0x80)
            return true;
        foreach (var digit in field.Trim(" \0"u8))
        {
            // TarReader refuses it.
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            size = (8 * size) + (digit - '0');
        }
        return size > MostExtendedBytes;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= Block)
        {
            bytes[^Block..].CopyTo(last);
            lastLength = Block;
            return;
        }
        var kept = Math.Min(lastLength, Block - bytes.Length);
        last.AsSpan(lastLength - kept, kept).CopyTo(last);
        bytes.CopyTo(last.AsSpan(kept));
        lastLength = kept + bytes.Length;
    }
}
