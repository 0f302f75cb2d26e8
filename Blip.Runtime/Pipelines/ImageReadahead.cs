using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Reads and decodes images ahead of the device, in groups, within limits of number and bytes. A larger image is decoded when no other
/// waits. A group is full at <paramref name="size"/> images; its last one may be a clip.
/// </summary>
internal sealed class ImageReadahead(int size, PipelineOptions options)
{
    // Files are small beside their pixels. Reading several at once helps on a network.
    private const int FilesAhead = 4;

    private readonly ByteGate gate = new(options.MaxWaitingBytes);

    /// <summary>
    /// Groups of items in order, each with its image. <paramref name="ready"/> runs ahead and must not throw.
    /// <paramref name="groupsAhead"/> is at least 1.
    /// </summary>
    public async IAsyncEnumerable<ReadyGroup<TReady>> GroupsAsync<TItem, TReady>(
        IAsyncEnumerable<TItem> items, Func<TItem, ImageSource> imageOf, Func<TItem, DecodedImage, TReady> ready, int groupsAhead,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var files = items.SelectAheadAsync(
            item => (Item: item, File: ImageFile.Read(imageOf(item), options.Images)), Math.Min(size, FilesAhead), cancellationToken);
        var channel = Channel.CreateBounded<Forming<TReady>>(
            new BoundedChannelOptions(groupsAhead) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(files, ready, channel.Writer, stop.Token);
        try
        {
            await foreach (var group in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                var all = await Task.WhenAll(group.Tasks).WaitAsync(cancellationToken).ConfigureAwait(false);
                yield return new ReadyGroup<TReady>(all, group.Bytes);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
        }
    }

    /// <summary>Frees the memory of a group's images.</summary>
    public void Release(long bytes) => gate.Leave(bytes);

    private async Task FeedAsync<TItem, TReady>(
        IAsyncEnumerable<(TItem Item, ImageFile File)> files, Func<TItem, DecodedImage, TReady> ready,
            ChannelWriter<Forming<TReady>> writer,
        CancellationToken cancellationToken)
    {
        try
        {
            var group = new Forming<TReady>();
            await foreach (var (item, file) in files.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (!gate.TryEnter(file.WorkingBytes))
                {
                    // Running the group frees its memory, so it goes first.
                    group = await SendAsync(group, writer, cancellationToken).ConfigureAwait(false);
                    await gate.EnterAsync(file.WorkingBytes, cancellationToken).ConfigureAwait(false);
                }
                group.Add(Task.Run(() => Decode(item, file, ready), CancellationToken.None), file);
                if (group.Images >= size)
                    group = await SendAsync(group, writer, cancellationToken).ConfigureAwait(false);
            }
            await SendAsync(group, writer, cancellationToken).ConfigureAwait(false);
            writer.Complete();
        }
        catch (Exception e)
        {
            // The reader gets the source's exception after the items; a cancelled reader has left.
            writer.TryComplete(e);
        }
    }

    private TReady Decode<TItem, TReady>(TItem item, ImageFile file, Func<TItem, DecodedImage, TReady> ready)
    {
        var decoded = file.Decode();
        gate.Leave(file.WorkingBytes - file.PixelBytes);
        return ready(item, decoded);
    }

    private static async Task<Forming<TReady>> SendAsync<TReady>(
        Forming<TReady> group, ChannelWriter<Forming<TReady>> writer, CancellationToken cancellationToken)
    {
        if (group.Tasks.Count == 0)
            return group;
        await writer.WriteAsync(group, cancellationToken).ConfigureAwait(false);
        return new Forming<TReady>();
    }

    private sealed class Forming<TReady>
    {
        public List<Task<TReady>> Tasks { get; } = [];

        public long Bytes { get; private set; }

        public int Images { get; private set; }

        public void Add(Task<TReady> task, ImageFile file)
        {
            Tasks.Add(task);
            Bytes += file.PixelBytes;
            Images += file.Images;
        }
    }
}

/// <summary>Items with decoded images, whose pixels hold <paramref name="Bytes"/> until <see cref="ImageReadahead.Release"/>.</summary>
internal readonly record struct ReadyGroup<TReady>(IReadOnlyList<TReady> Items, long Bytes);
