using Blip.Runtime.Checkpoints;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// An image encoder's results for some images, on its device: their embeddings and, from the first text on that looks at them, the keys and values of
/// every layer's cross-attention. Any number of texts share them.
/// </summary>
internal sealed class ImageStates : IDisposable
{
    private readonly BlipConfig config;
    private readonly GrowingBuffer<float> embeddings;
    private readonly GrowingBuffer<float>[] keysValues;
    private bool disposed;

    internal ImageStates(VisionEncoder encoder)
    {
        (Encoder, config) = (encoder, encoder.Config);
        embeddings = new GrowingBuffer<float>(encoder.Device);
        keysValues = [.. encoder.ImageAttentions.Select(_ => new GrowingBuffer<float>(encoder.Device))];
    }

    /// <summary>Images that were encoded.</summary>
    public int Images { get; private set; }

    /// <summary>Tokens of each image, the class token first.</summary>
    public int Tokens { get; private set; }

    /// <summary>Device memory that is held; keys and values, the larger part, are made when a text first needs them.</summary>
    public long Bytes => (embeddings.Length + keysValues.Sum(layer => layer.Length)) * sizeof(float);

    /// <summary>Image embeddings <c>[images, tokens, hidden]</c>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was given back.</exception>
    public ArrayView<float> Embeddings
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return embeddings.View((long)Images * Tokens * config.Vision.HiddenSize);
        }
    }

    /// <summary>Encoded them.</summary>
    internal VisionEncoder Encoder { get; }

    /// <summary>Whether keys and values are those of the embeddings.</summary>
    internal bool HasKeysValues { get; set; }

    /// <summary>Counts writes to this memory, so that a reader notices other images.</summary>
    internal int Version { get; private set; }

    /// <summary>An attention's keys and values <c>[images, tokens, 2·hidden]</c>.</summary>
    /// <param name="attention">Its place among <see cref="BlipGraphs.ImageAttentions"/>.</param>
    internal ArrayView<float> KeysValues(int attention)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return keysValues[attention].View((long)Images * Tokens * 2 * config.Text.HiddenSize);
    }

    /// <summary>Makes room for other images.</summary>
    internal void Reset(int images, int tokens)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        (Images, Tokens, HasKeysValues) = (images, tokens, false);
        Version++;
    }

    /// <summary>Takes so many neighbours for one image that has the tokens of all: the memory is the same.</summary>
    internal void Group(int images)
    {
        (Images, Tokens) = (Images / images, Tokens * images);
        Version++;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        embeddings.Dispose();
        foreach (var layer in keysValues)
            layer.Dispose();
    }
}
