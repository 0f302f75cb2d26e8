using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// An image that a matcher or an answerer encoded once and keeps on the device until disposed. Further texts or questions skip the image
/// encoder. Only the pipeline that made it accepts it as an image.
/// </summary>
/// <example>
/// <code>
/// using var image = answerer.Encode("photo.jpg");
/// Console.WriteLine(answerer.Answer(image, "how many dogs are there?").Text);
/// Console.WriteLine(answerer.Answer(image, "what color is the ball?").Text);
/// </code>
/// </example>
public sealed class ImageFeatures : IDisposable
{
    private readonly PipelineHost host;

    internal ImageFeatures(PipelineHost host, ImageStates states, string name)
    {
        (this.host, States, Name) = (host, states, name);
        host.Track(this);
    }

    /// <summary>The image's name in results and messages.</summary>
    public string Name { get; }

    /// <summary>Bytes that it holds on the device; keys and values of the text layers count from their first use.</summary>
    public long Bytes => IsFree ? 0 : States.Bytes;

    internal ImageStates States { get; }

    /// <summary>Whether its memory is freed, alone or with its pipeline.</summary>
    internal bool IsFree { get; private set; }

    /// <summary>Waits for the work in hand, and frees the memory.</summary>
    public void Dispose() => host.Free(this);

    internal bool BelongsTo(PipelineHost other) => ReferenceEquals(host, other);

    /// <summary>Frees the memory. Only the host calls it, in turn.</summary>
    internal void Free()
    {
        if (!IsFree)
            States.Dispose();
        IsFree = true;
    }
}
