namespace Blip.Datasets.Shapes;

/// <summary>How a noisy set is written to files.</summary>
public sealed record NoisyFilesOptions
{
    /// <summary>Images of the set, at most 100,000 tars of them.</summary>
    public int Images { get; init; } = 1000;

    /// <summary>Images of a tar, at most 10,000: a key has four digits for the place in its tar.</summary>
    public int ShardSize { get; init; } = 100;

    /// <summary>These options, once they are checked.</summary>
    /// <exception cref="ArgumentException">One is out of range.</exception>
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
