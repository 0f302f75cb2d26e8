using Microsoft.Win32.SafeHandles;

namespace Blip.Runtime.Retrieval;

/// <summary>The file that lists an index's rows: a header, then appended records.</summary>
internal sealed class Journal : IDisposable
{
    private readonly SafeFileHandle file;

    private Journal(SafeFileHandle file, JournalHeader header, long end) => (this.file, Header, End) = (file, header, end);

    public JournalHeader Header { get; }

    /// <summary>The end of the finished part.</summary>
    public long End { get; private set; }

    /// <summary>An unfinished addition or removal left out at its end; null for none.</summary>
    public string? TornTail { get; private set; }

    /// <summary>Makes an empty journal on disk, not in its place.</summary>
    public static Journal Create(string path, JournalHeader header)
    {
        var bytes = header.ToBytes();
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
        return new Journal(file, header, bytes.Length);
    }

    /// <summary>
    /// Reads a journal into a table. With <paramref name="write"/> an unfinished record is cut off. <paramref name="committed"/> gives its
    /// least length.
    /// </summary>
    /// <exception cref="IndexException">It is none, or damaged.</exception>
    public static Journal Open(string path, bool write, EntryTable table, Func<JournalHeader, long> committed)
    {
        var file = File.OpenHandle(
            path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var first = new byte[Math.Min(RandomAccess.GetLength(file), JournalHeader.MaxBytes)];
            ReadAll(file, first, 0);
            var header = JournalHeader.Read(path, first, out var at);
            // Asked before the length: a writer may be at work.
            var least = committed(header);
            var length = RandomAccess.GetLength(file);
            if (length < least)
                throw VectorFile.Damaged(path, $"the last {least - length} bytes of what was finished are missing");
            var journal = new Journal(file, header, at);
            journal.ReadRecords(path, length, table);
            if (write)
                journal.Repair(length);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a record, on disk when this returns. Its rows must be on disk before.</summary>
    public void Append(JournalRecord.Kind kind, int count, long rows, ReadOnlySpan<byte> body)
    {
        var (record, mark) = JournalRecord.ToBytes(kind, count, rows, body, End);
        // A failed addition's remains may be longer.
        if (RandomAccess.GetLength(file) > End)
            RandomAccess.SetLength(file, End);
        RandomAccess.Write(file, record, End);
        RandomAccess.FlushToDisk(file);
        RandomAccess.Write(file, mark, End + record.Length);
        RandomAccess.FlushToDisk(file);
        End += record.Length + mark.Length;
    }

    /// <summary>Cuts off the remains of a failed addition.</summary>
    public void CutBack() => RandomAccess.SetLength(file, End);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void ReadRecords(string path, long length, EntryTable table)
    {
        var format = Header.Format;
        var headerBytes = new byte[JournalRecord.HeaderBytes(format)];
        var body = new byte[1 << 16];
        while (End < length)
        {
            var left = length - End - headerBytes.Length;
            if (left < 0)
            {
                TornTail = Torn(length);
                return;
            }
            ReadAll(file, headerBytes, End);
            if (JournalRecord.ReadHeader(format, headerBytes, End) is not { } header)
            {
                if (!IsZero(length))
                    throw VectorFile.Damaged(path, $"what stands at byte {End} is not what was written");
                TornTail = Torn(length);
                return;
            }
            var size = header.BodyBytes + format.DigestBytes;
            if (left < header.BodyBytes)
            {
                TornTail = Torn(length);
                return;
            }
            if (body.Length < size)
                body = new byte[Math.Max(size, 2 * body.Length)];
            var read = (int)Math.Min(left, size);
            ReadAll(file, body.AsSpan(0, read), End + headerBytes.Length);
            if (format.Digest(body.AsSpan(0, header.BodyBytes), End) != header.BodyDigest)
            {
                // A mark proves that the body was once whole.
                var marked = read == size && format.Read(body.AsSpan(header.BodyBytes)) == header.Mark;
                if (marked || left > size)
                    throw VectorFile.Damaged(path, $"the record at byte {End} is not what was written");
                TornTail = Torn(length);
                return;
            }
            if (!JournalRecord.Apply(format, header, body.AsSpan(0, header.BodyBytes), table))
                throw VectorFile.Damaged(path, $"the record at byte {End} does not go with those before it");
            // The last mark may be missing or partial: the record was on disk, but not reported.
            End += headerBytes.Length + size;
        }
    }

    // Cuts off an unfinished record, or completes a missing mark.
    private void Repair(long length)
    {
        if (TornTail is not null)
            RandomAccess.SetLength(file, End);
        else if (End > length)
            Mark();
        else
            return;
        RandomAccess.FlushToDisk(file);
    }

    private void Mark()
    {
        // This is rare: the header is found again from the front.
        var format = Header.Format;
        var header = new byte[JournalRecord.HeaderBytes(format)];
        for (var at = (long)Header.ToBytes().Length; ;)
        {
            ReadAll(file, header, at);
            var next = at + header.Length + JournalRecord.ReadHeader(format, header, at)!.Value.BodyBytes + format.DigestBytes;
            if (next == End)
            {
                RandomAccess.Write(file, JournalRecord.Mark(format, header), End - format.DigestBytes);
                return;
            }
            at = next;
        }
    }

    private string Torn(long length) =>
        $"the last {length - End} bytes belong to an addition or removal that was not finished, and are left out";

    private bool IsZero(long length)
    {
        var buffer = new byte[1 << 16];
        for (var at = End; at < length; at += buffer.Length)
        {
            var some = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - at));
            ReadAll(file, some, at);
            if (some.ContainsAnyExcept((byte)0))
                return false;
        }
        return true;
    }

    private static void ReadAll(SafeFileHandle file, Span<byte> destination, long at)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(file, destination, at);
            if (read == 0)
                throw new IOException("the file became shorter while it was read");
            destination = destination[read..];
            at += read;
        }
    }
}
