namespace Blip.Runtime.Checkpoints;

/// <summary>One of torch.save's two containers, opened.</summary>
internal interface ITorchContainer
{
    /// <summary>The saved object.</summary>
    object? Root { get; }

    /// <summary>Where a storage's bytes lie in the file, and how many there are; null when there is no such storage.</summary>
    (long Offset, long Length)? Find(TorchStorage storage);
}
