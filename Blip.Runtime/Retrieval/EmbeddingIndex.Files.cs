using System.Runtime.InteropServices;
using Blip.Runtime.Files;

namespace Blip.Runtime.Retrieval;

/// <content>Opening, checking, copying.</content>
public sealed partial class EmbeddingIndex
{
    private const int RowsAtOnce = 4096;
    private const int Attempts = 5;

    // Fewer removed rows are not worth a copy.
    private const int LeastRemoved = 1000;

    /// <summary>Copies the entries, without removed ones, to another index; <see cref="Compact"/> works in place.</summary>
    /// <param name="path">The other index, which is overwritten.</param>
    /// <exception cref="IndexException">Another process writes to it, or it cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (System.IO.Path.GetFullPath(path) == System.IO.Path.GetFullPath(Path))
                throw new ArgumentException($"'{path}' is this index; {nameof(Compact)} rewrites it in place.", nameof(path));
            using var other = IndexLock.Take(path);
            Guarded(path, () =>
            {
                // New files stand beside the old ones, which go once the new journal takes its name.
                var generation = DateTime.UtcNow.Ticks;
                CopyTo(path, generation);
                ReplacedFile.Publish(IndexFiles.Unfinished(path), path);
                IndexFiles.RemoveLeftovers(path, generation);
                return true;
            });
        }
    }

    /// <summary>Rewrites the files without removed entries. However the process ends, the old or the new files are whole.</summary>
    /// <exception cref="InvalidOperationException">The index was opened to read.</exception>
    /// <exception cref="IndexException">The files cannot be written: the old ones are kept.</exception>
    public void Compact()
    {
        lock (gate)
        {
            CheckWritable();
            Guarded(Path, () =>
            {
                var generation = journal.Header.Generation + 1;
                CopyTo(Path, generation);
                ReplacedFile.Publish(IndexFiles.Unfinished(Path), Path);
                var (newJournal, newVectors, newTable) = ReadFiles(Path, write: true);
                DropDeviceCopies();
                vectors.Dispose();
                journal.Dispose();
                (journal, vectors, table) = (newJournal, newVectors, newTable);
                IndexFiles.RemoveLeftovers(Path, generation);
                return true;
            });
        }
    }

    /// <summary>Compacts the index if removed entries take much space.</summary>
    /// <returns>Whether it did.</returns>
    /// <inheritdoc cref="Compact"/>
    public bool CompactIfWorthwhile()
    {
        if (Removed < Math.Max(LeastRemoved, Count / 3))
            return false;
        Compact();
        return true;
    }

    private static void Create(string path, int dimension, IndexModel model)
    {
        // A reader may have mapped vectors without a journal: they are only unlinked, never overwritten.
        var first = File.Exists(IndexFiles.Vectors(path, 1)) ? DateTime.UtcNow.Ticks : 1;
        using var journal = Journal.Create(IndexFiles.Unfinished(path), new JournalHeader(dimension, first, model, IndexFormat.Current));
        using (var vectors = VectorFile.Create(IndexFiles.Vectors(path, first), dimension, first))
            vectors.Commit(journal.End);
        ReplacedFile.Publish(IndexFiles.Unfinished(path), path);
    }

    private static EmbeddingIndex OpenFiles(string path, IndexLock? writing)
    {
        var (journal, vectors, table) = ReadFiles(path, write: writing is not null);
        return new EmbeddingIndex(path, writing, journal, vectors, table);
    }

    private static (Journal Journal, VectorFile Vectors, EntryTable Table) ReadFiles(string path, bool write)
    {
        for (var attempt = 1; ; attempt++)
        {
            var table = new EntryTable();
            var (journal, vectors, found) = ((Journal?)null, (VectorFile?)null, false);
            try
            {
                journal = Journal.Open(path, write, table, header =>
                {
                    found = true;
                    vectors = VectorFile.Open(IndexFiles.Vectors(path, header.Generation), header, write);
                    return vectors.Committed;
                });
                vectors!.Expect(table.Rows);
                CheckVectors(vectors, path, journal.Header, table);
                return (journal, vectors, table);
            }
            // A writer may have compacted the index between the two.
            catch (FileNotFoundException) when (found && !write && attempt < Attempts)
            {
            }
            catch (FileNotFoundException e) when (found)
            {
                throw VectorFile.Damaged(path, $"its vectors are gone: there is no file '{e.FileName}'", e);
            }
            catch
            {
                vectors?.Dispose();
                journal?.Dispose();
                throw;
            }
        }
    }

    // Reads every vector front to back on all cores, which loads memory that a search reads next.
    private static unsafe void CheckVectors(VectorFile vectors, string path, JournalHeader header, EntryTable table)
    {
        var dimension = header.Dimension;
        var rows = table.Rows;
        if (rows == 0)
            return;
        var start = vectors.Map(rows);
        var damaged = -1L;
        Parallel.For(0, (rows + RowsAtOnce - 1) / RowsAtOnce, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (piece, state) =>
        {
            var end = Math.Min(rows, (piece + 1) * RowsAtOnce);
            for (var row = piece * RowsAtOnce; row < end; row++)
            {
                // Removed vectors have no reader.
                if (table.IsRemoved(row) || DigestOf(
                    header.Format, new ReadOnlySpan<float>((float*)start + ((long)row * dimension), dimension)) == table.Digest(row))
                    continue;
                Interlocked.Exchange(ref damaged, row);
                state.Stop();
            }
        });
        if (damaged >= 0)
            throw VectorFile.Damaged(path, $"the vector of '{table.Get((int)damaged).Id}' is not what was written");
    }

    // Compaction moves a vector, so its checksum has no position; the journal holds that.
    private static UInt128 DigestOf(IndexFormat format, ReadOnlySpan<float> vector) => format.Digest(MemoryMarshal.AsBytes(vector), 0);

    // Copies the entries to files whose journal is not yet in place.
    private void CopyTo(string path, long generation)
    {
        using var newVectors = VectorFile.Create(IndexFiles.Vectors(path, generation), Dimension, generation);
        using var newJournal = Journal.Create(
            IndexFiles.Unfinished(path), new JournalHeader(Dimension, generation, Model, IndexFormat.Current));
        var (entries, digests) = (new List<IndexEntry>(RowsAtOnce), new List<UInt128>(RowsAtOnce));
        var values = new float[RowsAtOnce * Dimension];
        var written = 0;
        for (var row = 0; row < table.Rows; row++)
        {
            if (!table.TryGet(row, out var entry))
                continue;
            var vector = vectors.Row(row, table.Rows);
            vector.CopyTo(values.AsSpan(entries.Count * Dimension));
            entries.Add(entry);
            digests.Add(journal.Header.Format.IsWide ? table.Digest(row) : DigestOf(IndexFormat.Current, vector));
            if (entries.Count == RowsAtOnce)
                Flush();
        }
        if (entries.Count > 0)
            Flush();
        newVectors.Commit(newJournal.End);

        void Flush()
        {
            newVectors.Write(written, values.AsSpan(0, entries.Count * Dimension));
            newJournal.Append(JournalRecord.Kind.Add, entries.Count, written,
                JournalRecord.Body(entries, CollectionsMarshal.AsSpan(digests)));
            written += entries.Count;
            entries.Clear();
            digests.Clear();
        }
    }

    private void Expect(int dimension, IndexModel model)
    {
        if (Model.Equals(model) && Dimension == dimension)
        {
            ExpectFrames(model.Frames);
            return;
        }
        var made = $"{Path}: its vectors are those of {Model.Name} ({Dimension} values each), and not of {model.Name} ({dimension} values)";
        Dispose();
        throw new IndexException(
            $"{made}: the two cannot be compared. Give the model and the precision that it was made with, or another name for a new "
                + $"index.");
    }

    private void ExpectFrames(int? frames)
    {
        if (frames is > 0 && Model.Frames is null && Count > 0)
            notices.Add($"{Path}: it does not record how many frames its clips have: give the same number each time, or make it anew");
        if (frames is not { } wanted || Model.Frames is not { } made || wanted == made)
            return;
        var holds = $"{Path}: it holds {IndexModel.Kind(made)}, and not {IndexModel.Kind(wanted)}";
        Dispose();
        throw new IndexException(
            $"{holds}: their vectors cannot be compared. Give {(made == 0 ? "no --frames" : $"--frames {made}")}, or another name for "
                + $"a new index.");
    }

    private static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IndexException($"{path}: there is no such index; make it with 'blip index', or name another one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IndexException($"{path}: it cannot be read or written: {FailureReason.Of(e)}.", e);
        }
    }
}
