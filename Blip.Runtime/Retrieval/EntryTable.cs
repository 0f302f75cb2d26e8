using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// The entries of an index in memory, by row and by id. Ids lie one after the other as bytes, since a million strings would take more memory
/// than a million entries need.
/// </summary>
internal sealed class EntryTable
{
    private const int ChunkBytes = 1 << 20;
    private const int Free = 0, Forgotten = -1;

    private readonly List<byte[]> chunks = [];
    private readonly List<Row> rows = [];
    private readonly List<bool> removed = [];

    // Row + 1 of an id, found by its hash; as many places again are free at least.
    private int[] places = new int[64];
    private int usedPlaces;
    private int usedBytes = ChunkBytes;

    private readonly record struct Row(int Chunk, int At, int IdBytes, long Length, long Modified, UInt128 Digest);

    /// <summary>Rows, those among them that were removed.</summary>
    public int Rows => rows.Count;

    /// <summary>Rows that were removed.</summary>
    public int Removed { get; private set; }

    /// <summary>Adds a row; one of the same id before it is removed.</summary>
    /// <param name="id">Its id in UTF-8.</param>
    /// <param name="length"><see cref="IndexEntry.Length"/>.</param>
    /// <param name="modified"><see cref="IndexEntry.Modified"/>.</param>
    /// <param name="digest">Checksum of its vector.</param>
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

    /// <summary>Removes a row.</summary>
    /// <returns>False where there is none, or it was removed before.</returns>
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

    /// <summary>An entry, unless it was removed.</summary>
    public bool TryGet(int row, [NotNullWhen(true)] out IndexEntry entry)
    {
        entry = removed[row] ? default : Get(row);
        return !removed[row];
    }

    /// <summary>An entry.</summary>
    public IndexEntry Get(int row) => new(Encoding.UTF8.GetString(Id(row)), rows[row].Length, rows[row].Modified);

    /// <summary>The checksum of a row's vector.</summary>
    public UInt128 Digest(int row) => rows[row].Digest;

    /// <summary>Whether a row was removed.</summary>
    public bool IsRemoved(int row) => removed[row];

    private ReadOnlySpan<byte> Id(int row) => chunks[rows[row].Chunk].AsSpan(rows[row].At, rows[row].IdBytes);

    private void MarkRemoved(int row)
    {
        removed[row] = true;
        Removed++;
    }

    // Where the id is, with its row; or where it would be put, with row -1.
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
        // Forgotten ones make room, too.
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
