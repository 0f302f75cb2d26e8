using System.Buffers;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>
/// Downloads one blob into the cache. Several connections fetch pieces in parallel; they are written in order. The partial file has the
/// name that Hugging Face's tools use and is always the blob's beginning. Both programs can therefore continue each other's downloads.
/// </summary>
internal sealed class BlobDownload(HubClient client, HubFile file, Func<CancellationToken, Task> renew, PullProgress progress)
{
    public const string Unfinished = ".incomplete";

    // Pieces that wait for an earlier one hold memory.
    private const int PiecesPerConnection = 2;

    private readonly ModelHubOptions options = client.Settings.Options;

    /// <summary>Downloads the blob, or the rest of it. After a cancellation, downloaded parts stay.</summary>
    /// <exception cref="HubException">It cannot be downloaded or written, or differs from the hub's description.</exception>
    public async Task RunAsync(string blob, CancellationToken cancellationToken)
    {
        var part = Open(blob);
        try
        {
            await RunAsync(part, cancellationToken).ConfigureAwait(false);
            Guard(() => part.Commit());
        }
        finally
        {
            // Bytes that a full disk refused are tried once more at the end.
            Guard(part.Dispose);
        }
    }

    private async Task RunAsync(ReplacedFile part, CancellationToken cancellationToken)
    {
        // Only remains of an older run, which may belong to another file, justify a second try.
        for (var isFirst = part.Stream.Length > 0; ; isFirst = false)
        {
            using var hash = new BlobHash(file.Tag, file.Size);
            var had = await BeginAsync(part.Stream, hash, cancellationToken).ConfigureAwait(false);
            await FillAsync(part.Stream, hash, cancellationToken).ConfigureAwait(false);
            if (hash.Fits(file.Tag))
                return;
            progress.TakeBack(file.Size, had);
            part.Stream.SetLength(0);
            if (!isFirst)
            {
                part.Discard();
                throw new HubException(
                    $"{file.Path} came, and is not what the hub describes: its hash is not {file.Tag}. It was thrown away; try again.");
            }
            progress.Tell($"what an earlier run left of {file.Path} is damaged; it is downloaded from the beginning");
        }
    }

    private ReplacedFile Open(string blob)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(blob)!);
            return ReplacedFile.GoOn(blob, blob + Unfinished);
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw Unwritable(e);
        }
    }

    private async Task<long> BeginAsync(FileStream stream, BlobHash hash, CancellationToken cancellationToken)
    {
        if (stream.Length > file.Size)
            stream.SetLength(0);
        stream.Position = 0;
        var had = stream.Length;
        progress.Had(had);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
                hash.Append(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return had;
    }

    private async Task FillAsync(FileStream stream, BlobHash hash, CancellationToken cancellationToken)
    {
        try
        {
            await FillAsync(stream, hash, options.PieceBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (RangesIgnoredException)
        {
            await FillAsync(stream, hash, long.MaxValue, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FillAsync(FileStream stream, BlobHash hash, long pieceBytes, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var connections = new SemaphoreSlim(options.Connections);
        var (pieces, running) = (new Queue<BlobPiece>(), new List<Task>());
        var next = stream.Length;
        try
        {
            while (stream.Length < file.Size)
            {
                while (next < file.Size && pieces.Count < PiecesPerConnection * options.Connections)
                {
                    var count = Math.Min(pieceBytes, file.Size - next);
                    var isRest = count == file.Size - next && pieces.Count == 0;
                    var piece = new BlobPiece(client, file, renew, progress, next, count, isRest);
                    pieces.Enqueue(piece);
                    running.RemoveAll(task => task.IsCompleted);
                    running.Add(piece.RunAsync(connections, stop.Token));
                    next += count;
                }
                await foreach (var bytes in pieces.Dequeue().Bytes.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                    await WriteAsync(stream, hash, bytes, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(running).ConfigureAwait(false);
            progress.Lose();
            Guard(stream.Flush);
        }
    }

    private async Task WriteAsync(FileStream stream, BlobHash hash, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw Unwritable(e);
        }
        hash.Append(bytes.Span);
        progress.Wrote(bytes.Length);
    }

    private void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (Disk.Refuses(e))
        {
            throw Unwritable(e);
        }
    }

    private HubException Unwritable(Exception e) => new(
        FailureReason.IsDiskFull(e)
            ? $"the disk with '{client.Settings.Cache.Folder}' is full. What has come is kept: make room and go on, "
                + "or name another folder by HF_HOME."
            : $"{file.Path} cannot be written into '{client.Settings.Cache.Folder}': {Disk.Reason(e)}. HF_HOME names another folder.",
        e);
}
