using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Blip.Datasets;
using Blip.Runtime.Imaging;

namespace Blip.Bootstrapping.Engine;

/// <summary>
/// Reads and decodes images ahead of the models, in groups that share a budget of memory. At most four groups exist at a time: one being
/// formed, one
/// waiting, one in the models' hands, and images of a fourth that are kept until a batch is full.
/// </summary>
/// <param name="groupSize">The images of a group.</param>
/// <param name="budget">The bytes that all decoded images may hold.</param>
/// <param name="options">Limits of images, and the colour behind transparent ones.</param>
internal sealed class DecodeAhead(int groupSize, long budget, ImageDecoderOptions options)
{
    private const int LiveGroups = 4;

    /// <summary>Decodes samples, in order.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="name">The shard's name in messages.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<IReadOnlyList<DecodedSample>> GroupsAsync(
        IAsyncEnumerable<Sample> samples, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<List<Task<DecodedSample>>>(
            new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feeding = FeedAsync(samples, name, channel.Writer, stop.Token);
        try
        {
            await foreach (var group in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return await Task.WhenAll(group).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await feeding.ConfigureAwait(false);
        }
    }

    private async Task FeedAsync(
        IAsyncEnumerable<Sample> samples, string name, ChannelWriter<List<Task<DecodedSample>>> writer, CancellationToken cancellationToken)
    {
        try
        {
            var (group, bytes) = (new List<Task<DecodedSample>>(groupSize), 0L);
            await foreach (var sample in samples.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var (encoded, error) = await Task.Run(() => DecodedSample.Read(sample, name), cancellationToken).ConfigureAwait(false);
                var needed = encoded is null ? 0 : encoded.Length + ImageDecoder.MemoryOf(encoded, options).Working;
                if (group.Count == groupSize || (group.Count > 0 && bytes + needed > budget / LiveGroups))
                {
                    await writer.WriteAsync(group, cancellationToken).ConfigureAwait(false);
                    (group, bytes) = (new List<Task<DecodedSample>>(groupSize), 0);
                }
                bytes += needed;
                group.Add(encoded is null
                    ? Task.FromResult(new DecodedSample { Sample = sample, Error = error })
                    : Task.Run(() => DecodedSample.Decode(sample, encoded, name, options), CancellationToken.None));
            }
            if (group.Count > 0)
                await writer.WriteAsync(group, cancellationToken).ConfigureAwait(false);
            writer.Complete();
        }
        catch (Exception e)
        {
            // The reader meets the exception where the groups end; a reader that went away has no need of it.
            writer.TryComplete(e);
        }
    }
}
