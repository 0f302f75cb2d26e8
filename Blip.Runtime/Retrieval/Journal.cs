using Microsoft.Win32.SafeHandles;

namespace Blip.Runtime.Retrieval;

/// <summary>The file that says which rows an index has: a header, then records that are only ever added.</summary>
internal sealed class Journal : IDisposable
{
    private readonly SafeFileHandle file;
    private long end;

    private Journal(SafeFileHandle file, JournalHeader header, long end) => (this.file, Header, this.end) = (file, header, end);

    /// <summary>What stands at its beginning.</summary>
    public JournalHeader Header { get; }

    /// <summary>What is left out of its end: an addition or removal that was never finished. Null where nothing is.</summary>
    public string? TornTail { get; private set; }

    /// <summary>Makes a journal without records, on disk when this returns, but not in its place.</summary>
    public static Journal Create(string path, JournalHeader header)
    {
        var bytes = header.ToBytes();
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
        return new Journal(file, header, bytes.Length);
    }

    /// <summary>Reads a journal.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Whether records are to be added: what was never finished is cut off.</param>
    /// <param name="table">Takes the rows.</param>
    /// <exception cref="IndexException">It is none, or damaged.</exception>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static Journal Open(string path, bool write, EntryTable table)
    {
        var file = File.OpenHandle(path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var length = RandomAccess.GetLength(file);
            var first = new byte[Math.Min(length, JournalHeader.MaxBytes)];
            ReadAll(file, first, 0);
            var header = JournalHeader.Read(path, first, out var at);
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

    /// <summary>Adds a record. When this returns it is on disk, and what it speaks of must have been before.</summary>
    public void Append(JournalRecord.Kind kind, int count, long rows, ReadOnlySpan<byte> body)
    {
        var (record, mark) = JournalRecord.ToBytes(kind, count, rows, body);
        RandomAccess.Write(file, record, end);
        RandomAccess.FlushToDisk(file);
        RandomAccess.Write(file, mark, end + record.Length);
        RandomAccess.FlushToDisk(file);
        end += record.Length + mark.Length;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void ReadRecords(string path, long length, EntryTable table)
    {
        var headerBytes = new byte[JournalRecord.HeaderBytes];
        var body = new byte[1 << 16];
        while (end < length)
        {
            var left = length - end - JournalRecord.HeaderBytes;
            if (left < 0)
            {
                TornTail = Torn(length);
                return;
            }
            ReadAll(file, headerBytes, end);
            if (JournalRecord.ReadHeader(headerBytes) is not { } header)
            {
                if (!IsZero(length))
                    throw VectorFile.Damaged(path, $"what stands at byte {end} is not what was written");
                TornTail = Torn(length);
                return;
            }
            var size = header.BodyBytes + JournalRecord.MarkBytes;
            if (left < header.BodyBytes)
            {
                TornTail = Torn(length);
                return;
            }
            if (body.Length < size)
                body = new byte[Math.Max(size, 2 * body.Length)];
            var read = (int)Math.Min(left, size);
            ReadAll(file, body.AsSpan(0, read), end + JournalRecord.HeaderBytes);
            if (IndexFiles.Digest(body.AsSpan(0, header.BodyBytes)) != header.BodyDigest)
            {
                // A mark says that the body was whole once.
                var marked = read == size && BitConverter.ToUInt64(body, header.BodyBytes) == header.Mark;
                if (marked || left > size)
                    throw VectorFile.Damaged(path, $"the record at byte {end} is not what was written");
                TornTail = Torn(length);
                return;
            }
            if (!JournalRecord.Apply(header, body.AsSpan(0, header.BodyBytes), table))
                throw VectorFile.Damaged(path, $"the record at byte {end} does not go with those before it");
            // The last one may lack its mark, or a part of it: it was on disk whole, and only not reported.
            end += JournalRecord.HeaderBytes + size;
        }
    }

    // Cuts off what was never finished, and finishes a record that lacks its mark alone.
    private void Repair(long length)
    {
        if (TornTail is not null)
            RandomAccess.SetLength(file, end);
        else if (end > length)
            Mark();
        else
            return;
        RandomAccess.FlushToDisk(file);
    }

    private void Mark()
    {
        // Its header is found again from the front: this is rare.
        var header = new byte[JournalRecord.HeaderBytes];
        for (var at = (long)Header.ToBytes().Length; ;)
        {
            ReadAll(file, header, at);
            var next = at + JournalRecord.HeaderBytes + JournalRecord.ReadHeader(header)!.Value.BodyBytes + JournalRecord.MarkBytes;
            if (next == end)
            {
                RandomAccess.Write(file, JournalRecord.Mark(header), end - JournalRecord.MarkBytes);
                return;
            }
            at = next;
        }
    }

    private string Torn(long length) => $"the last {length - end} bytes belong to an addition or removal that was not finished, and are left out";

    private bool IsZero(long length)
    {
        var buffer = new byte[1 << 16];
        for (var at = end; at < length; at += buffer.Length)
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
