using System.IO.Compression;
using System.Runtime.CompilerServices;
using Blip.Datasets.Parquet;
using Blip.Runtime.Files;
using Parquet;

namespace Blip.Bootstrapping.Tables;

/// <summary>
/// The table of candidates: a Parquet file with a row for each text of each image, kept or not. Equal rows give equal bytes, on any
/// machine.
/// </summary>
public static class CandidateTable
{
    /// <summary>The most rows of a row group; a reader holds one group at a time.</summary>
    internal const int GroupRows = 50_000;

    /// <summary>The most characters of a row group, unless one row has more. A group's column is one page of at most 2 GiB.</summary>
    internal const long GroupCharacters = 64L << 20;

    /// <summary>The columns' names in file order.</summary>
    public static IReadOnlyList<string> Columns => CandidateColumns.Names;

    /// <summary>
    /// Writes a table through to disk. An existing file is replaced once the new one is complete. U+FFFD replaces lone surrogates.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">The rows, in order.</param>
    /// <param name="cancellationToken">Ends the writing; the file is then unchanged.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static async Task WriteAsync(string path, IReadOnlyList<Candidate> rows, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(rows);
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Optimal };
        using var whole = ReplacedFile.Begin(path);
        var file = whole.Stream;
        var columns = new CandidateColumns();
        // Disposal writes the footer.
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

    /// <summary>Reads a table by row groups; memory does not grow with the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BootstrapException">The named file is missing, damaged, or no such table.</exception>
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

    // For unexpected bytes Parquet.Net throws many types of exception, even IndexOutOfRangeException.
    private static async Task<T> Guard<T>(string path, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new BootstrapException(
                $"{path}: the table of candidates cannot be opened: {FailureReason.Of(exception, path)}.", exception);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or BootstrapException))
        {
            throw new BootstrapException(
                $"{path}: this is no table of candidates, or it is damaged; "
                + "delete the .done.json of its shard and run it again.",
                exception);
        }
    }
}
