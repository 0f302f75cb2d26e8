using System.Runtime.CompilerServices;
using Blip.Runtime.Files;

namespace Blip.Datasets.Remote;

/// <summary>A shard that is copied before it is read: a failed copy gives no samples.</summary>
internal sealed class RemoteShard(RemoteSource source, IDatasetFormat format, DatasetOptions options) : IRemoteShard
{
    public string Name => source.Name;

    public async Task<IFetchedShard> FetchAsync(CancellationToken cancellationToken = default)
    {
        var copy = CopyPath();
        try
        {
            await source.CopyAsync(copy, cancellationToken).ConfigureAwait(false);
            return new FetchedShard(this, copy);
        }
        catch
        {
            File.Delete(copy);
            throw;
        }
    }

    public async IAsyncEnumerable<Sample> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var fetched = await FetchAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var sample in fetched.Shard.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return sample;
    }

    public override string ToString() => Name;

    private async IAsyncEnumerable<Sample> NumberedAsync(string copy, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var index = 0;
        await using var samples = Samples(copy, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await Named(copy, () => samples.MoveNextAsync()).ConfigureAwait(false))
            yield return samples.Current with { Index = index++ };
    }

    private async IAsyncEnumerable<Sample> Samples(string copy, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A remote list has no folder here: by default its paths are relative to the current one.
        foreach (var shard in format.Open(copy, options with { ImageRoot = options.ImageRoot ?? "" }))
        {
            await foreach (var sample in shard.ReadAsync(cancellationToken).ConfigureAwait(false))
                yield return sample;
        }
    }

    private string CopyPath()
    {
        var folder = options.ScratchFolder ?? Path.GetTempPath();
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(
                $"{folder}: the folder for copies (ScratchFolder) cannot be made: {FailureReason.Of(exception)}.", exception);
        }
        return Path.Combine(folder, $"blip-{Guid.NewGuid():N}-{source.FileName}");
    }

    // A message about the copy must name the source.
    private async ValueTask<T> Named<T>(string copy, Func<ValueTask<T>> step)
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (DatasetException exception)
        {
            throw new DatasetException(exception.Message.Replace(copy, Name, StringComparison.Ordinal), exception);
        }
    }

    private sealed class FetchedShard(RemoteShard shard, string copy) : IFetchedShard, IDatasetShard
    {
        public IDatasetShard Shard => this;

        public string Name => shard.Name;

        public IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default) =>
            shard.NumberedAsync(copy, cancellationToken);

        public ValueTask DisposeAsync()
        {
            File.Delete(copy);
            return ValueTask.CompletedTask;
        }
    }
}
