using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace Blip.Runtime.Hub;

/// <summary>A range of a file's bytes: fetched, resumed after broken connections, and held until earlier bytes are written.</summary>
internal sealed class BlobPiece
{
    // Less does not reset the retries: a server that sends single bytes is broken, too.
    private const int Progress = 1 << 16;
    private const int BufferBytes = 1 << 16;

    private readonly HubClient client;
    private readonly HubFile file;
    private readonly Func<CancellationToken, Task> renew;
    private readonly PullProgress progress;
    private readonly RetryPolicy retries;
    private readonly long end;
    private readonly bool whole;
    private readonly Channel<ReadOnlyMemory<byte>> bytes = Channel.CreateUnbounded<ReadOnlyMemory<byte>>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private long position;

    /// <summary>
    /// Describes a piece; <see cref="RunAsync"/> fetches it. If <paramref name="whole"/>, it is all that is missing, and an answer with
    /// the whole file is accepted.
    /// </summary>
    public BlobPiece(
        HubClient client, HubFile file, Func<CancellationToken, Task> renew, PullProgress progress, long start, long count, bool whole)
    {
        (this.client, this.file, this.renew, this.progress, position, end, this.whole) =
            (client, file, renew, progress, start, start + count, whole);
        retries = new RetryPolicy(
            client.Settings.Options.Waits, progress.Tell, "What has come is kept: the same command goes on with it.");
    }

    /// <summary>The bytes in order, up to the end of the piece or an error.</summary>
    public ChannelReader<ReadOnlyMemory<byte>> Bytes => bytes.Reader;

    /// <summary>Fetches the piece. Errors go to the reader of <see cref="Bytes"/>.</summary>
    public async Task RunAsync(SemaphoreSlim connections, CancellationToken cancellationToken)
    {
        try
        {
            await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await FetchAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                connections.Release();
            }
            bytes.Writer.Complete();
        }
        catch (Exception e)
        {
            bytes.Writer.Complete(e);
        }
    }

    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        while (position < end)
        {
            var before = position;
            try
            {
                await TryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (TransientException e)
            {
                await retries.WaitAsync(e, position - before >= Math.Min(Progress, end - before), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        // A whole file is requested without a range, as not every server supports ranges.
        var range = position == 0 && end == file.Size ? null : new RangeHeaderValue(position, end - 1);
        using var response = await client.SendAsync(HttpMethod.Get, file.Location, range, leaves: true, cancellationToken)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            // The signed address has expired.
            if ((int)response.StatusCode is 401 or 403 or 404 or 410)
                await renew(cancellationToken).ConfigureAwait(false);
            throw HubFailures.RefusalOfBytes(response, file.Path);
        }
        await ReadAsync(response, Skipped(response), cancellationToken).ConfigureAwait(false);
        if (position < end)
            throw new TransientException($"{Host(response)} ends {file.Path} after {position} of {file.Size} bytes");
    }

    // The number of bytes in the answer before the requested ones.
    private long Skipped(HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (headers.ContentRange is not { From: { } from } given || from != position)
                throw new TransientException($"{Host(response)} gives another part of {file.Path} than it was asked for");
            return given.Length is { } length && length != file.Size ? throw OtherLength(response, length) : 0;
        }
        if (headers.ContentLength is { } all && all != file.Size)
            throw OtherLength(response, all);
        return position == 0 || whole ? position : throw new RangesIgnoredException();
    }

    private TransientException OtherLength(HttpResponseMessage response, long length) =>
        new($"{Host(response)} has {file.Path} with {length} bytes, and the hub with {file.Size}");

    private async Task ReadAsync(HttpResponseMessage response, long skipped, CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            silence.CancelAfter(client.Settings.Options.Silence);
            await using var body = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            while (position < end)
            {
                var buffer = new byte[Math.Min(BufferBytes, skipped > 0 ? skipped : end - position)];
                var count = await body.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (count == 0)
                    return;
                silence.CancelAfter(client.Settings.Options.Silence);
                if (skipped > 0)
                {
                    skipped -= count;
                    continue;
                }
                position += count;
                progress.Advance(count);
                bytes.Writer.TryWrite(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (HubClient.IsNetwork(e, cancellationToken))
        {
            throw client.Failures.Broken(e, response.RequestMessage!.RequestUri!);
        }
    }

    private static string Host(HttpResponseMessage response) => response.RequestMessage!.RequestUri!.Authority;
}

/// <summary>A server sent a whole file instead of the requested range.</summary>
internal sealed class RangesIgnoredException : Exception;
