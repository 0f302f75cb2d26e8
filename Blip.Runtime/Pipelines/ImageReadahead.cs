using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// Images that are read and decoded ahead of the device, in groups. Decoded images that wait are bounded by number and by
/// bytes; an image that is larger than the bound is decoded when no other waits.
/// </summary>
/// <param name="size">The images at which a group is full; the last one of them may be a clip.</param>
/// <param name="options">Limits of images, and the bytes that wait.</param>
internal sealed class ImageReadahead(int size, PipelineOptions options)
{
    // Files are small beside their pixels, and reading is worth doing side by side where it waits for a network.
    private const int FilesAhead = 4;

    private readonly ByteGate gate = new(options.MaxWaitingBytes);

    /// <summary>Groups of items in order, each with its image.</summary>
    /// <param name="items">Taken when their turn comes.</param>
    /// <param name="imageOf">An item's image.</param>
    /// <param name="ready">Further work to do ahead. It throws nothing.</param>
    /// <param name="groupsAhead">The groups that wait, at least 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<ReadyGroup<TReady>> GroupsAsync<TItem, TReady>(
        IAsyncEnumerable<TItem> items, Func<TItem, ImageSource> imageOf, Func<TItem, DecodedImage, TReady> ready, int groupsAhead,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var files = items.SelectAheadAsync(item => (Item: item, File: ImageFile.Read(imageOf(item), options.Images)), Math.Min(size, FilesAhead), cancellationToken);
        var channel = Channel.CreateBounded<Forming<TReady>>(new BoundedChannelOptions(groupsAhead) { SingleReader = true, SingleWriter = true });
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

    /// <summary>Makes room: a group's images are on the device, or no longer wanted.</summary>
    public void Release(long bytes) => gate.Leave(bytes);

    private async Task FeedAsync<TItem, TReady>(
        IAsyncEnumerable<(TItem Item, ImageFile File)> files, Func<TItem, DecodedImage, TReady> ready, ChannelWriter<Forming<TReady>> writer,
        CancellationToken cancellationToken)
    {
        try
        {
            var group = new Forming<TReady>();
            await foreach (var (item, file) in files.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                if (!gate.TryEnter(file.WorkingBytes))
                {
                    // The group's runner gives its memory back: it goes first, and then there will be room.
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
            // The reader meets the source's exception where the items end; a cancelled reader has left already.
            writer.TryComplete(e);
        }
    }

    private TReady Decode<TItem, TReady>(TItem item, ImageFile file, Func<TItem, DecodedImage, TReady> ready)
    {
        var decoded = file.Decode();
        gate.Leave(file.WorkingBytes - file.PixelBytes);
        return ready(item, decoded);
    }

    private static async Task<Forming<TReady>> SendAsync<TReady>(Forming<TReady> group, ChannelWriter<Forming<TReady>> writer, CancellationToken cancellationToken)
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

/// <summary>A group of items whose images are decoded.</summary>
/// <param name="Items">The items, in order.</param>
/// <param name="Bytes">Their pixels' memory, until <see cref="ImageReadahead.Release"/>.</param>
internal readonly record struct ReadyGroup<TReady>(IReadOnlyList<TReady> Items, long Bytes);
