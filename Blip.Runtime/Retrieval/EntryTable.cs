using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// An index's entries in memory, by row and by id. Ids are consecutive bytes: a million strings would take more memory than their entries.
/// </summary>
internal sealed class EntryTable
{
    private const int ChunkBytes = 1 << 20;
    private const int Free = 0, Forgotten = -1;

    private readonly List<byte[]> chunks = [];
    private readonly List<Row> rows = [];
    private readonly List<bool> removed = [];

    // An id's row + 1, found by its hash. At least half of the places are free.
    private int[] places = new int[64];
    private int usedPlaces;
    private int usedBytes = ChunkBytes;

    private readonly record struct Row(int Chunk, int At, int IdBytes, long Length, long Modified, UInt128 Digest);

    /// <summary>Number of rows, with removed ones.</summary>
    public int Rows => rows.Count;

    public int Removed { get; private set; }

    /// <summary>Adds a row; an earlier one with the same id is removed.</summary>
    public void Add(ReadOnlySpan<byte> id, long length, long modified, UInt128 digest)
    {
        if (usedBytes + id.Length > ChunkBytes)
        {
            chunks.Add(new byte[Math.Max(ChunkBytes, id.Length)]);
            usedBytes = 0;
        }
        id.CopyTo(chunks[^1].AsSpan(usedBytes));
        rows.Add(new Row(chunks.Count - 1, usedBytes, id.Length, length, modified, digest));
        removed.Add(false);
        usedBytes += id.Length;

        if (2 * (usedPlaces + 1) > places.Length)
            Rehash();
        var place = PlaceOf(id, out var row);
        if (row >= 0)
            MarkRemoved(row);
        else if (places[place] == Free)
            usedPlaces++;
        places[place] = rows.Count;
    }

    /// <summary>Removes a row; false where there is none.</summary>
    public bool Remove(int row)
    {
        if (row < 0 || row >= rows.Count || removed[row])
            return false;
        places[PlaceOf(Id(row), out _)] = Forgotten;
        MarkRemoved(row);
        return true;
    }

    /// <summary>The row of an id, or -1.</summary>
    public int Find(string id)
    {
        PlaceOf(Encoding.UTF8.GetBytes(id), out var row);
        return row;
    }

    public bool TryGet(int row, [NotNullWhen(true)] out IndexEntry entry)
    {
        entry = removed[row] ? default : Get(row);
        return !removed[row];
    }

    public IndexEntry Get(int row) => new(Encoding.UTF8.GetString(Id(row)), rows[row].Length, rows[row].Modified);

    public UInt128 Digest(int row) => rows[row].Digest;

    public bool IsRemoved(int row) => removed[row];

    private ReadOnlySpan<byte> Id(int row) => chunks[rows[row].Chunk].AsSpan(rows[row].At, rows[row].IdBytes);

    private void MarkRemoved(int row)
    {
        removed[row] = true;
        Removed++;
    }

    // The id's place and row; or the place for it, and row -1.
    private int PlaceOf(ReadOnlySpan<byte> id, out int row)
    {
        var forgotten = -1;
        for (var place = Hash(id) & (places.Length - 1); ; place = (place + 1) & (places.Length - 1))
        {
            row = places[place] - 1;
            if (places[place] == Free)
            {
                row = -1;
                return forgotten >= 0 ? forgotten : place;
            }
            if (places[place] == Forgotten)
                forgotten = forgotten < 0 ? place : forgotten;
            else if (Id(row).SequenceEqual(id))
                return place;
        }
    }

    private void Rehash()
    {
        // Forgotten places become free.
        var known = places.Where(place => place > 0).ToArray();
        var size = places.Length;
        while (size < 4 * (known.Length + 1))
            size *= 2;
        places = new int[size];
        foreach (var place in known)
            places[PlaceOf(Id(place - 1), out _)] = place;
        usedPlaces = known.Length;
    }

    private static int Hash(ReadOnlySpan<byte> id)
    {
        var hash = new HashCode();
        hash.AddBytes(id);
        return hash.ToHashCode();
    }
}
