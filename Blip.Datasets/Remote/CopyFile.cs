using Blip.Datasets.Webdataset;
using Blip.Runtime.Files;

namespace Blip.Datasets.Remote;

/// <summary>
/// The target file of a copy. It distinguishes disk errors from network errors, and refuses a tar that is none by its first bytes: a source
/// may never end.
/// </summary>
internal sealed class CopyFile : IAsyncDisposable
{
    private readonly string source;
    private readonly FileStream file;
    private readonly byte[]? head;
    private int headLength;

    public CopyFile(string source, string path)
    {
        this.source = source;
        try
        {
            head = WebdatasetFormat.IsTar(path) ? new byte[BlockStream.Block] : null;
            file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, 1 << 16, useAsync: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(exception);
        }
    }

    /// <summary>Bytes written.</summary>
    public long Length => file.Length;

    /// <exception cref="DatasetException">The disk is full, or a tar's first bytes are not those of a tar.</exception>
    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (head is not null && headLength < head.Length)
            CheckHead(head, bytes.Span);
        return Guarded(() => file.WriteAsync(bytes, cancellationToken).AsTask());
    }

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

    private void CheckHead(byte[] start, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, start.Length - headLength)];
        bytes.CopyTo(start.AsSpan(headLength));
        headLength += bytes.Length;
        if (TarFile.IsNoTar(start.AsSpan(0, headLength)))
            throw new DatasetException($"{source}: this is no tar: the first {headLength} bytes are no header of one.");
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
