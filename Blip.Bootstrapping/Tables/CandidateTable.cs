using System.IO.Compression;
using System.Runtime.CompilerServices;
using Blip.Datasets.Parquet;
using Blip.Runtime.Files;
using Parquet;

namespace Blip.Bootstrapping.Tables;

/// <summary>
/// The table of candidates: one Parquet file with a row for each text beside each image, kept or not. The same rows give the same bytes,
/// in any process and on any machine.
/// </summary>
public static class CandidateTable
{
    /// <summary>The rows of a row group at most; a reader holds one row group at a time.</summary>
    internal const int GroupRows = 50_000;

    /// <summary>
    /// The characters of a row group at most, unless one row has more. A column of a group is one page, and a page ends at 2 GiB.
    /// </summary>
    internal const long GroupCharacters = 64L << 20;

    /// <summary>The names of the columns, in their order in the file.</summary>
    public static IReadOnlyList<string> Columns => CandidateColumns.Names;

    /// <summary>
    /// Writes a table, through to the disk. A file with this name is overwritten: give a temporary name, and rename the file when this returns.
    /// Text that is no valid UTF-16 is written with U+FFFD in place of each lone surrogate.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">The rows, in their order.</param>
    /// <param name="cancellationToken">Ends the writing; the partial file is no table then.</param>
    /// <exception cref="IOException">The file cannot be written, as on a full disk.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static async Task WriteAsync(string path, IReadOnlyList<Candidate> rows, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(rows);
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Optimal };
        using var whole = ReplacedFile.Begin(path);
        var file = whole.Stream;
        var columns = new CandidateColumns();
        // Its disposal writes the footer.
        var writer = await ParquetWriter.CreateAsync(columns.Schema, file, options, cancellationToken: cancellationToken);
        foreach (var (start, count) in Groups(rows))
        {
            using var group = writer.CreateRowGroup();
            await columns.WriteAsync(group, rows, start, count, cancellationToken);
            group.CompleteValidate();
        }
        await writer.DisposeAsync();
        whole.Commit();
    }

    /// <summary>Reads a table row group by row group; memory does not grow with the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BootstrapException">The file, which the message names, is not there, is damaged, or is no such table.</exception>
    public static async IAsyncEnumerable<Candidate> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        await using var file = await Guard(path, () => Task.FromResult(new ParquetStream(path)));
        var (reader, columns) = await Guard(path, async () =>
        {
            var reader = await ParquetReader.CreateAsync(file, leaveStreamOpen: true, cancellationToken: cancellationToken);
            return (reader, CandidateColumns.Of(path, reader.Schema));
        });
        await using var _ = reader;
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            var group = reader.OpenRowGroupReader(i);
            foreach (var row in await Guard(path, () => columns.ReadAsync(group, cancellationToken)))
                yield return row;
        }
    }

    internal static IEnumerable<(int Start, int Count)> Groups(IReadOnlyList<Candidate> rows)
    {
        var start = 0;
        var characters = 0L;
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            var more = row.Key.Length + (row.Text?.Length ?? 0) + (row.ImagePath?.Length ?? 0) + (row.Error?.Length ?? 0);
            if (i > start && (i - start == GroupRows || characters + more > GroupCharacters))
            {
                yield return (start, i - start);
                (start, characters) = (i, 0);
            }
            characters += more;
        }
        if (rows.Count > start)
            yield return (start, rows.Count - start);
    }

    // Parquet.Net meets bytes that it did not expect with exceptions of many types, from its own to IndexOutOfRangeException.
    private static async Task<T> Guard<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new BootstrapException($"{path}: the table of candidates cannot be opened ({exception.Message})", exception);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or BootstrapException))
        {
            throw new BootstrapException(
                $"{path}: this is no table of candidates, or it is damaged ({exception.Message}); "
                + "delete the .done.json of its shard and run it again.",
                exception);
        }
    }
}
