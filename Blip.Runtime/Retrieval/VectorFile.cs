using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// A flat file of vectors: a header page, then rows of little-endian floats. It is appended to, and mapped for reading; the journal tells
/// which rows count. The header page has two places for the journal's length, written by turns, each with a checksum. The greater one
/// reveals a truncated journal.
/// </summary>
internal sealed unsafe class VectorFile : IDisposable
{
    /// <summary>Bytes before the first row: rows lie at multiples of 64.</summary>
    public const int HeaderBytes = 4096;

    // Kernels may read a few bytes past the last row.
    private const int Behind = 64;
    private const int DigestAt = 24, HeadBytes = 64;
    private const int FirstPlace = 512, SecondPlace = 1024, PlaceBytes = sizeof(long) + 16;

    private readonly string path;
    private readonly int dimension;
    private readonly SafeFileHandle file;
    private int nextPlace = FirstPlace;
    private MemoryMappedFile? map;
    private MemoryMappedViewAccessor? view;
    private byte* start;
    private int mappedRows;

    private VectorFile(string path, int dimension, SafeFileHandle file) => (this.path, this.dimension, this.file) = (path, dimension, file);

    private static ReadOnlySpan<byte> Magic => "BLIPVECS"u8;

    /// <summary>The journal's length after the last finished change; 0 for unknown.</summary>
    public long Committed { get; private set; }

    private long RowBytes => (long)dimension * sizeof(float);

    /// <summary>Makes an empty file, on disk when this returns.</summary>
    public static VectorFile Create(string path, int dimension, long generation)
    {
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(file, HeaderBytes + Behind);
        RandomAccess.Write(file, Header(dimension, generation, IndexFormat.Current), 0);
        RandomAccess.FlushToDisk(file);
        return new VectorFile(path, dimension, file);
    }

    /// <summary>Opens a file, to append with <paramref name="write"/>.</summary>
    public static VectorFile Open(string path, JournalHeader header, bool write)
    {
        var file = File.OpenHandle(
            path, FileMode.Open, write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var page = new byte[HeaderBytes];
            var expected = Header(header.Dimension, header.Generation, header.Format);
            if (RandomAccess.Read(file, page, 0) < HeaderBytes || !page.AsSpan(0, HeadBytes).SequenceEqual(expected.AsSpan(0, HeadBytes)))
                throw Damaged(path, "its first page is not what was written");
            var vectors = new VectorFile(path, header.Dimension, file);
            if (header.Format.IsWide)
                vectors.ReadPlaces(page);
            return vectors;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Writes rows behind the first <paramref name="rows"/>; on disk when this returns.</summary>
    public void Write(int rows, ReadOnlySpan<float> vectors)
    {
        var end = Length(rows + (vectors.Length / dimension));
        if (RandomAccess.GetLength(file) < end)
            RandomAccess.SetLength(file, end);
        RandomAccess.Write(file, MemoryMarshal.AsBytes(vectors), HeaderBytes + (rows * RowBytes));
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Refuses a file that is too short.</summary>
    public void Expect(int rows)
    {
        if (RandomAccess.GetLength(file) < Length(rows))
            throw Damaged(path, $"it is too short for its {rows} vectors");
    }

    /// <summary>Notes the journal's length, whose last record is on disk. The note is flushed with the next rows.</summary>
    public void Commit(long journal)
    {
        var place = new byte[PlaceBytes];
        BinaryPrimitives.WriteInt64LittleEndian(place, journal);
        IndexFormat.Current.Write(place.AsSpan(sizeof(long)), IndexFormat.Current.Digest(place.AsSpan(0, sizeof(long)), nextPlace));
        RandomAccess.Write(file, place, nextPlace);
        nextPlace = nextPlace == FirstPlace ? SecondPlace : FirstPlace;
        Committed = journal;
    }

    public void CutBack(int rows)
    {
        if (RandomAccess.GetLength(file) > Length(rows))
            RandomAccess.SetLength(file, Length(rows));
    }

    /// <summary>The address of the first row, valid until more rows are asked for or the file is disposed.</summary>
    /// <exception cref="IndexException">The file was cut short since it was opened.</exception>
    public nint Map(int rows)
    {
        if (rows <= mappedRows && start is not null)
            return (nint)(start + HeaderBytes);
        Unmap();
        // Memory beyond the file's end would end the process.
        Expect(rows);
        map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        view = map.CreateViewAccessor(0, Length(rows), MemoryMappedFileAccess.Read);
        byte* address = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        start = address + view.PointerOffset;
        mappedRows = rows;
        return (nint)(start + HeaderBytes);
    }

    /// <summary>One of the first <paramref name="rows"/> rows.</summary>
    public ReadOnlySpan<float> Row(int row, int rows) => new((float*)Map(rows) + ((long)row * dimension), dimension);

    public static IndexException Damaged(string path, string what, Exception? inner = null) =>
        new($"{path}: the index is damaged: {what}. Restore it from a copy, or delete it and index the images again.", inner);

    /// <inheritdoc/>
    public void Dispose()
    {
        Unmap();
        file.Dispose();
    }

    private long Length(int rows) => HeaderBytes + (rows * RowBytes) + Behind;

    private void Unmap()
    {
        if (start is not null)
            view!.SafeMemoryMappedViewHandle.ReleasePointer();
        view?.Dispose();
        map?.Dispose();
        start = null;
        (view, map, mappedRows) = (null, null, 0);
    }

    private void ReadPlaces(ReadOnlySpan<byte> page)
    {
        foreach (var at in (int[])[FirstPlace, SecondPlace])
        {
            var place = page.Slice(at, PlaceBytes);
            if (IndexFormat.Current.Read(place[sizeof(long)..]) != IndexFormat.Current.Digest(place[..sizeof(long)], at))
                continue;
            var journal = BinaryPrimitives.ReadInt64LittleEndian(place);
            if (journal <= Committed)
                continue;
            Committed = journal;
            nextPlace = at == FirstPlace ? SecondPlace : FirstPlace;
        }
    }

    private static byte[] Header(int dimension, long generation, IndexFormat format)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), format.Version);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), dimension);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), generation);
        format.Write(header.AsSpan(DigestAt), format.Digest(header.AsSpan(0, DigestAt), 0));
        return header;
    }
}
