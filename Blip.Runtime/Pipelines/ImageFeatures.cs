using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// An image as a matcher or an answerer sees it, encoded once and kept on the device until it is disposed: any number of texts or questions
/// can be put beside it at the price of the text alone. It goes wherever an image goes; only the pipeline that made it can use it.
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

    /// <summary>Bytes that it holds on the device; keys and values of the text layers are counted from their first use on.</summary>
    public long Bytes => IsFree ? 0 : States.Bytes;

    /// <summary>The kept states.</summary>
    internal ImageStates States { get; }

    /// <summary>True once its memory is given back, by itself or with its pipeline.</summary>
    internal bool IsFree { get; private set; }

    /// <summary>Waits for the work in hand, and gives the memory back.</summary>
    public void Dispose() => host.Free(this);

    /// <summary>True where this pipeline made it.</summary>
    internal bool BelongsTo(PipelineHost other) => ReferenceEquals(host, other);

    /// <summary>Gives the memory back; the host's to call, in its turn.</summary>
    internal void Free()
    {
        if (!IsFree)
            States.Dispose();
        IsFree = true;
    }
}
