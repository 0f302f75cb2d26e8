namespace Blip.Runtime.Pipelines;

/// <summary>One device of a <see cref="DevicePool{TOwner, TBatch, TResult}"/>.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="Run">Runs a batch.</param>
internal sealed record DevicePoolMember<TOwner, TBatch, TResult>(TOwner Owner, Func<TBatch, TResult> Run)
{
    /// <summary>What can be done for a batch while the device runs the one before it, on another thread; null where that is nothing.</summary>
    public Func<TBatch, TBatch>? Prepare { get; init; }

    /// <summary>Takes back what <see cref="Prepare"/> made of a batch that this device does not run after all.</summary>
    public Action<TBatch>? Discard { get; init; }
}
