namespace Blip.Datasets.Remote;

/// <summary>The file that a source is copied to. Errors of the disk are told apart from errors of the network.</summary>
internal sealed class CopyFile : IAsyncDisposable
{
    private readonly string source;
    private readonly FileStream file;

    public CopyFile(string source, string path)
    {
        this.source = source;
        try
        {
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, 1 << 16, useAsync: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(exception);
        }
    }

    /// <summary>Bytes written so far.</summary>
    public long Length => file.Length;

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Guarded(() => file.WriteAsync(bytes, cancellationToken).AsTask());

    /// <summary>Sends the rest to the disk.</summary>
    public Task FlushAsync(CancellationToken cancellationToken) => Guarded(() => file.FlushAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await file.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // A full disk was told when the bytes were written.
        }
    }

    private async Task Guarded(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw Refused(exception);
        }
    }

    private DatasetException Refused(Exception exception) =>
        new($"{source}: its copy cannot be written: {exception.Message} Name a folder with more room (ScratchFolder).", exception);
}
