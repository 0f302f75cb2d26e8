namespace Blip.Runtime.Checkpoints;

/// <summary>An opened container of torch.save.</summary>
internal interface ITorchContainer
{
    object? Root { get; }

    /// <summary>A storage's bytes in the file; null when there is no such storage.</summary>
    (long Offset, long Length)? Find(TorchStorage storage);
}
