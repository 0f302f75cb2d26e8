namespace Blip.Runtime.Pipelines;

/// <summary>A call about one image that waits for the device.</summary>
internal sealed class ImageCall<TWork, TResult>(DecodedImage image, string? key, TWork work, CancellationToken cancellationToken)
    : PendingCall<ImageCallResult<TResult>>(cancellationToken)
{
    /// <summary>Pixels or a handle; neither where only kept states can serve the call.</summary>
    public DecodedImage Image => image;

    /// <summary>The cache key of the image's features; null where they are not kept.</summary>
    public string? Key => key;

    public TWork Work => work;

    /// <summary>Ends the call: its image's kept states are gone.</summary>
    public void AskForPixels() => Complete(new ImageCallResult<TResult>(default, NeedsPixels: true));

    public void Complete(TResult result) => Complete(new ImageCallResult<TResult>(result, NeedsPixels: false));
}

/// <summary>A call's result; none where the image has to be read.</summary>
internal readonly record struct ImageCallResult<TResult>(TResult? Result, bool NeedsPixels);
