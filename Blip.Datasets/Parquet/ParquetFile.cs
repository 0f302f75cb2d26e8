using Blip.Runtime.Files;
using Parquet;
using Parquet.Schema;

namespace Blip.Datasets.Parquet;

/// <summary>An open Parquet file. Its errors are <see cref="DatasetException"/>s that name it.</summary>
internal sealed class ParquetFile : IAsyncDisposable
{
    // E_NOTIMPL: Parquet.Net throws it for lists in pages of version 2.
    private const int NotImplemented = unchecked((int)0x80004001);

    private readonly string name;
    private readonly ParquetStream stream;
    private readonly ParquetReader reader;

    private ParquetFile(string name, ParquetStream stream, ParquetReader reader)
    {
        (this.name, this.stream, this.reader) = (name, stream, reader);
        Schema = reader.Schema;
    }

    public ParquetSchema Schema { get; }

    public int RowGroups => reader.RowGroupCount;

    public static async Task<ParquetFile> OpenAsync(string name, string path, CancellationToken cancellationToken = default)
    {
        var stream = await GuardAsync(name, () => Task.FromResult(new ParquetStream(path)));
        try
        {
            return await GuardAsync(name, async () =>
            {
                var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true, cancellationToken: cancellationToken);
                return new ParquetFile(name, stream, reader);
            });
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public static async Task<ParquetSchema> SchemaAsync(string path)
    {
        await using var file = await OpenAsync(path, path);
        return file.Schema;
    }

    public Task<T> ReadAsync<T>(int rowGroup, Func<ParquetRowGroupReader, Task<T>> read) =>
        GuardAsync(name, () => read(reader.OpenRowGroupReader(rowGroup)));

    public async ValueTask DisposeAsync()
    {
        await reader.DisposeAsync();
        await stream.DisposeAsync();
    }

    // For unexpected bytes Parquet.Net throws many types of exception, even IndexOutOfRangeException.
    private static async Task<T> GuardAsync<T>(string name, Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{name}: it cannot be opened: {FailureReason.Of(exception, name)}.", exception);
        }
        catch (Exception exception) when (exception is NotSupportedException || exception.HResult == NotImplemented)
        {
            throw new DatasetException(
                $"{name}: this Parquet file is in an unsupported form ({exception.Message}); write it again with pyarrow's defaults.",
                exception);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or DatasetException))
        {
            throw new DatasetException(
                $"{name}: this is no Parquet file, or it is damaged or cut off; fetch it again or leave it out.",
                exception);
        }
    }
}
