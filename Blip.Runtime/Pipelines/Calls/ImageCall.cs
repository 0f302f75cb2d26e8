namespace Blip.Runtime.Pipelines;

/// <summary>A call about one image that waits for the device.</summary>
/// <param name="image">Its pixels, or a handle.</param>
/// <param name="key">The name under which its features are kept for the next call; null where they are not.</param>
/// <param name="work">The work on it.</param>
/// <param name="cancellationToken">Ends the call.</param>
internal sealed class ImageCall<TWork, TResult>(DecodedImage image, string? key, TWork work, CancellationToken cancellationToken)
    : PendingCall<ImageCallResult<TResult>>(cancellationToken)
{
    /// <summary>Its pixels, or a handle; neither where only kept states can serve it.</summary>
    public DecodedImage Image => image;

    /// <summary>The name under which its features are kept.</summary>
    public string? Key => key;

    /// <summary>The work.</summary>
    public TWork Work => work;

    /// <summary>Ends the call: its image's kept states are gone.</summary>
    public void AskForPixels() => Complete(new ImageCallResult<TResult>(default, NeedsPixels: true));

    /// <summary>Ends the call with its result.</summary>
    public void Complete(TResult result) => Complete(new ImageCallResult<TResult>(result, NeedsPixels: false));
}

/// <summary>The result of a call.</summary>
/// <param name="Result">The result.</param>
/// <param name="NeedsPixels">True where there is none, since the image has to be read.</param>
internal readonly record struct ImageCallResult<TResult>(TResult? Result, bool NeedsPixels);
