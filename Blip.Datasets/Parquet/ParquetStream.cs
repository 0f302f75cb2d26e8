using System.Buffers.Binary;

namespace Blip.Datasets.Parquet;

/// <summary>
/// Protects Parquet.Net from damaged files: it misreads the end of a stream and loops for ever. Here the end throws, and zeros follow the
/// footer, which Parquet.Net copies.
/// </summary>
internal sealed class ParquetStream : Stream
{
    /// <summary>Zeros after the footer; each ends a number, a list or a struct.</summary>
    private const int Padding = 1 << 16;

    // The footer's length, and PAR1.
    private const int TailLength = 8;

    private readonly FileStream file;
    private readonly byte[] tail = new byte[Padding + TailLength];
    private readonly long tailStart;

    public ParquetStream(string path)
    {
        file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            tailStart = file.Length - TailLength;
            if (tailStart < 4)
                throw new InvalidDataException($"it has {file.Length} bytes, which is too short for a Parquet file");
            var last = tail.AsSpan(Padding);
            file.Position = tailStart;
            file.ReadExactly(last);
            file.Position = 0;
            if (!last[4..].SequenceEqual("PAR1"u8))
                throw new InvalidDataException("it does not end as a Parquet file does");
            var footer = BinaryPrimitives.ReadInt32LittleEndian(last);
            if (footer <= 0 || footer > tailStart - 4)
                throw new InvalidDataException($"its footer is said to have {footer} bytes");
            BinaryPrimitives.WriteInt32LittleEndian(last, footer + Padding);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => tailStart + tail.Length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        if (Position < 0 || Position >= Length)
            throw new EndOfStreamException("it ends in the midst of a value");
        int read;
        if (Position < tailStart)
        {
            if (file.Position != Position)
                file.Position = Position;
            read = file.Read(buffer[..(int)Math.Min(buffer.Length, tailStart - Position)]);
            if (read == 0)
                throw new EndOfStreamException("it became shorter while it was read");
        }
        else
        {
            var rest = tail.AsSpan((int)(Position - tailStart));
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
        }
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        SeekOrigin.End => Length + offset,
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "There is no such origin."),
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}
