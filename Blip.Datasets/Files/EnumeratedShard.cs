using System.Runtime.CompilerServices;
using Blip.Runtime.Files;

namespace Blip.Datasets.Files;

/// <summary>A shard of a local file, read sample by sample.</summary>
internal sealed class EnumeratedShard(string name, string path, Func<IEnumerable<Sample>> read) : IDatasetShard
{
    public string Name => name;

    public async IAsyncEnumerable<Sample> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        using var samples = Guarded(() => read().GetEnumerator());
        while (Guarded(samples.MoveNext))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return samples.Current;
        }
    }

    public override string ToString() => name;

    private T Guarded<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: it cannot be read: {FailureReason.Of(exception, path)}.", exception);
        }
    }
}
