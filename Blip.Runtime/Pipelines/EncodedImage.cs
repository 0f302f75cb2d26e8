using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>An image on the device: one of a batch, or one that is kept.</summary>
/// <param name="States">What the image encoder made of the batch.</param>
/// <param name="Image">Its place there.</param>
internal readonly record struct EncodedImage(ImageStates States, int Image)
{
    /// <summary>How much of each token before the image encoder is in each token behind it; null unless it was asked for.</summary>
    public float[]? Rollout { get; init; }
}
