using Blip.Runtime.Files;

namespace Blip.Datasets.Remote;

/// <summary>The target file of a copy. It distinguishes disk errors from network errors.</summary>
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

    /// <summary>Bytes written.</summary>
    public long Length => file.Length;

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        Guarded(() => file.WriteAsync(bytes, cancellationToken).AsTask());

    public Task FlushAsync(CancellationToken cancellationToken) => Guarded(() => file.FlushAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await file.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Writing has already reported a full disk.
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
        new(
            $"{source}: its copy cannot be written: {FailureReason.Of(exception)}. Name a folder with more room (ScratchFolder).",
            exception);
}
