using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Blip.Datasets;
using Blip.Runtime.Imaging;

namespace Blip.Bootstrapping.Engine;

/// <summary>
/// Reads and decodes images ahead, in groups that share a memory budget. At most four groups exist: one being formed, one waiting, one with
/// the models, and one kept until a batch is full.
/// </summary>
internal sealed class DecodeAhead(int groupSize, long budget, ImageDecoderOptions options)
{
    private const int LiveGroups = 4;

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
            // The reader gets the exception at the end of the groups; an absent reader does not need it.
            writer.TryComplete(e);
        }
    }
}
