using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Blip.Kernels;
using Blip.Runtime.Files;
using ILGPU;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// Named vectors of length 1 in files, on disk when a call that adds them returns. It is thread-safe; one thread works at a time. One
/// process writes; others may read the entries that existed when they opened it.
/// </summary>
/// <remarks>
/// The vectors are in a flat file, mapped into memory; a journal tells which of its rows count. Rows are flushed before their record, so
/// that a record's rows exist. Opening checks a checksum of each record and vector.
/// </remarks>
public sealed partial class EmbeddingIndex : IDisposable
{
    /// <summary>How far a vector's length may be from 1.</summary>
    public const double NormTolerance = 1e-3;

    // Entries of one record.
    private const int MostEntries = 100_000;

    private readonly Lock gate = new();
    private readonly IndexLock? writing;
    private readonly List<string> notices = [];
    private Journal journal;
    private VectorFile vectors;
    private EntryTable table;
    private bool disposed;

    private EmbeddingIndex(string path, IndexLock? writing, Journal journal, VectorFile vectors, EntryTable table)
    {
        (Path, this.writing, this.journal, this.vectors, this.table) = (path, writing, journal, vectors, table);
        if (journal.TornTail is { } tail)
            notices.Add($"{path}: {tail}");
    }

    /// <summary>The journal's path.</summary>
    public string Path { get; }

    /// <summary>Elements of a vector.</summary>
    public int Dimension => journal.Header.Dimension;

    /// <summary>The model of the vectors.</summary>
    public IndexModel Model => journal.Header.Model;

    /// <summary>Notices: unfinished data was left out, or files were compacted.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <summary>The number of entries.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return table.Rows - table.Removed;
        }
    }

    /// <summary>Removed or replaced rows that <see cref="Compact"/> frees.</summary>
    public int Removed
    {
        get
        {
            lock (gate)
                return table.Removed;
        }
    }

    /// <summary>Opens an index to read and write, or makes it.</summary>
    /// <param name="path">Its journal; the other files are beside it.</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="model">The model of the vectors.</param>
    /// <exception cref="IndexException">
    /// Another process writes to it, it holds another model's vectors, it is damaged, or it cannot be read or written.
    /// </exception>
    public static EmbeddingIndex Open(string path, int dimension, IndexModel model)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(model);
        if (dimension is < 1 or > VectorSearch.MaxDimension)
            throw new ArgumentException($"dimension is {dimension}; it must lie from 1 to {VectorSearch.MaxDimension}.", nameof(dimension));
        if (Directory.Exists(path))
            throw new IndexException(
                $"{path}: this is a folder; name a file for the index, such as '{System.IO.Path.Join(path, "blip.index")}'.");
        path = Guarded(path, () => ReplacedFile.Target(path));
        var writing = IndexLock.Take(path);
        try
        {
            return Guarded(path, () =>
            {
                if (!File.Exists(path))
                    Create(path, dimension, model);
                var index = OpenFiles(path, writing);
                IndexFiles.RemoveLeftovers(path, index.journal.Header.Generation);
                index.Expect(dimension, model);
                index.Upgrade();
                return index;
            });
        }
        catch
        {
            writing.Dispose();
            throw;
        }
    }

    /// <summary>Opens an index to read.</summary>
    /// <param name="path">Its journal.</param>
    /// <param name="dimension">Elements of a vector; null takes the index's.</param>
    /// <param name="model">The model of the vectors; null takes the index's.</param>
    /// <exception cref="IndexException">There is none, it holds another model's vectors, it is damaged, or it cannot be read.</exception>
    public static EmbeddingIndex OpenRead(string path, int? dimension = null, IndexModel? model = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Guarded(path, () => ReplacedFile.Target(path));
        return Guarded(path, () =>
        {
            var index = OpenFiles(path, writing: null);
            index.Expect(dimension ?? index.Dimension, model ?? index.Model);
            return index;
        });
    }

    /// <summary>Finds an entry by its name.</summary>
    public bool TryGet(string id, [NotNullWhen(true)] out IndexEntry entry)
    {
        ArgumentNullException.ThrowIfNull(id);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var row = table.Find(id);
            entry = row < 0 ? default : table.Get(row);
            return row >= 0;
        }
    }

    /// <summary>An entry's vector, <c>[dimension]</c>; null for no such entry.</summary>
    public float[]? Vector(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return table.Find(id) is var row and >= 0 ? vectors.Row(row, table.Rows).ToArray() : null;
        }
    }

    /// <summary>All entries in order of addition, maybe with ones added meanwhile.</summary>
    public IEnumerable<IndexEntry> Entries()
    {
        for (var row = 0; ; row++)
        {
            IndexEntry entry;
            lock (gate)
            {
                ObjectDisposedException.ThrowIf(disposed, this);
                if (row >= table.Rows)
                    yield break;
                if (!table.TryGet(row, out entry))
                    continue;
            }
            yield return entry;
        }
    }

    /// <summary>Adds entries, all or none, on disk when this returns. An entry replaces one with its name.</summary>
    /// <param name="entries">The entries, with distinct names.</param>
    /// <param name="values">Their vectors, <c>[entries, dimension]</c>, each of length 1.</param>
    /// <exception cref="ArgumentException">
    /// A vector is not finite or not of length 1, a name is empty, too long or repeated, or the sizes differ.
    /// </exception>
    /// <exception cref="InvalidOperationException">The index was opened to read.</exception>
    /// <exception cref="IndexException">The files cannot be written: nothing was added.</exception>
    public void Add(IReadOnlyList<IndexEntry> entries, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (values.Length != (long)entries.Count * Dimension)
            throw new ArgumentException(
                $"values holds {values.Length} values; [{entries.Count}, {Dimension}] needs {(long)entries.Count * Dimension}.",
                nameof(values));
        if (entries.Count > MostEntries)
            throw new ArgumentException(
                $"{entries.Count} entries are more than the {MostEntries} of one addition; add some of them at a time.", nameof(entries));
        CheckNames(entries);
        var digests = new UInt128[entries.Count];
        for (var i = 0; i < digests.Length; i++)
        {
            var vector = values.Slice(i * Dimension, Dimension);
            CheckNorm(vector, entries[i].Id);
            digests[i] = DigestOf(IndexFormat.Current, vector);
        }
        lock (gate)
        {
            CheckWritable();
            if (entries.Count == 0)
                return;
            if (table.Rows > int.MaxValue / 2 - entries.Count)
                throw new IndexException($"{Path}: the index is full.");
            var body = JournalRecord.Body(entries, digests);
            Written(values, rows =>
            {
                vectors.Write(table.Rows, rows);
                journal.Append(JournalRecord.Kind.Add, entries.Count, table.Rows, body);
            });
            for (var i = 0; i < digests.Length; i++)
                table.Add(Encoding.UTF8.GetBytes(entries[i].Id), entries[i].Length, entries[i].Modified, digests[i]);
        }
    }

    /// <summary>Removes entries, on disk when this returns.</summary>
    /// <param name="ids">Their names; unknown ones are ignored.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="InvalidOperationException">The index was opened to read.</exception>
    /// <exception cref="IndexException">The files cannot be written: nothing was removed.</exception>
    public int Remove(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        lock (gate)
        {
            CheckWritable();
            int[] rows = [.. ids.Select(table.Find).Where(row => row >= 0).Distinct().Order()];
            foreach (var some in rows.Chunk(MostEntries))
            {
                Written(default, _ => journal.Append(JournalRecord.Kind.Remove, some.Length, table.Rows, JournalRecord.Body(some)));
                foreach (var row in some)
                    table.Remove(row);
            }
            return rows.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            DropDeviceCopies();
            vectors.Dispose();
            journal.Dispose();
            writing?.Dispose();
        }
    }

    private delegate void Write(ReadOnlySpan<float> values);

    // A record that failed half way is cut off: its end could outlast a shorter next one.
    private void Written(ReadOnlySpan<float> values, Write write)
    {
        try
        {
            write(values);
            vectors.Commit(journal.End);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            CutBack();
            throw new IndexException($"{Path}: it cannot be written: {FailureReason.Of(e)}. What was added before is kept.", e);
        }
    }

    private void CutBack()
    {
        try
        {
            journal.CutBack();
            vectors.CutBack(table.Rows);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next addition tries again before it writes.
            System.Diagnostics.Trace.WriteLine($"{Path} is not cut back: {e.Message}");
        }
    }

    private void CheckWritable()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (writing is null)
            throw new InvalidOperationException($"{Path} was opened to read; open it with {nameof(Open)} to change it.");
        if (!writing.IsHeld)
            throw new IndexException(
                $"{Path}: its lock file was removed or replaced, and another process may be writing: nothing more is added. What was added "
                    + $"before is kept; start again.");
        if (new FileInfo(Path) is not { Exists: true } there || there.Length < journal.End)
            throw new IndexException(
                $"{Path}: the index was removed or replaced while it was open: nothing more is added. Start again, or restore it from a "
                    + $"copy.");
    }

    // Rewrites an older version's files before anything is added.
    private void Upgrade()
    {
        if (journal.Header.Format == IndexFormat.Current)
            return;
        Compact();
        notices.Add($"{Path}: it was written by an older version of this program, and is written anew in today's format");
    }

    private static void CheckNames(IReadOnlyList<IndexEntry> entries)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, _, _) in entries)
        {
            if (string.IsNullOrEmpty(id) || Encoding.UTF8.GetByteCount(id) > JournalRecord.MaxIdBytes)
                throw new ArgumentException(
                    $"a name has {id?.Length ?? 0} letters; give 1 to {JournalRecord.MaxIdBytes} bytes of them.", nameof(entries));
            if (!names.Add(id))
                throw new ArgumentException($"'{id}' is twice among the entries.", nameof(entries));
        }
    }

    private static void CheckNorm(ReadOnlySpan<float> vector, string id)
    {
        var squares = 0.0;
        foreach (var value in vector)
            squares += (double)value * value;
        var norm = Math.Sqrt(squares);
        if (!(Math.Abs(norm - 1) <= NormTolerance))
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"the vector of '{id}' has length {norm:g6}; it must be one."), nameof(vector));
    }
}
