namespace Blip.Datasets.Shapes;

/// <summary>How a noisy set is written to files.</summary>
public sealed record NoisyFilesOptions
{
    /// <summary>Images, in at most 100,000 tars.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>Images of a tar, at most 10,000: a key has four digits for its place in the tar.</summary>
    public int ShardSize { get; init; } = 100;

    internal NoisyFilesOptions Validated()
    {
        if (ShardSize is < 1 or > MostOfShard)
            throw new ArgumentException($"ShardSize is {ShardSize}; give 1 to {MostOfShard}.", nameof(ShardSize));
        if (Images < 1 || Images > (long)ShardSize * MostShards)
            throw new ArgumentException(
                $"Images is {Images}; give 1 to {(long)ShardSize * MostShards}: there are at most {MostShards} tars of {ShardSize}.",
                nameof(Images));
        return this;
    }

    private const int MostOfShard = 10_000, MostShards = 100_000;
}
