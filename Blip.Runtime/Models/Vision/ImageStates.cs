using Blip.Runtime.Checkpoints;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>
/// Encoded images on the device: embeddings, and every layer's cross-attention keys and values, computed for the first text that attends
/// to them. Any number of texts share them.
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

    public int Images { get; private set; }

    /// <summary>Tokens of each image, class token first.</summary>
    public int Tokens { get; private set; }

    /// <summary>Device memory held, in bytes; grows when the keys and values are computed.</summary>
    public long Bytes => (embeddings.Length + keysValues.Sum(layer => layer.Length)) * sizeof(float);

    /// <summary>Image embeddings <c>[images, tokens, hidden]</c>.</summary>
    /// <exception cref="ObjectDisposedException">The memory was released.</exception>
    public ArrayView<float> Embeddings
    {
        get
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return embeddings.View((long)Images * Tokens * config.Vision.HiddenSize);
        }
    }

    internal VisionEncoder Encoder { get; }

    /// <summary>Whether keys and values match the embeddings.</summary>
    internal bool HasKeysValues { get; set; }

    /// <summary>Counts writes, so that readers notice replaced images.</summary>
    internal int Version { get; private set; }

    /// <summary>
    /// An attention's keys and values <c>[images, tokens, 2·hidden]</c>, by its index in <see cref="BlipGraphs.ImageAttentions"/>.
    /// </summary>
    internal ArrayView<float> KeysValues(int attention)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return keysValues[attention].View((long)Images * Tokens * 2 * config.Text.HiddenSize);
    }

    internal void Reset(int images, int tokens)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        (Images, Tokens, HasKeysValues) = (images, tokens, false);
        Version++;
    }

    /// <summary>Regards this many adjacent images as one image with all their tokens; the memory stays unchanged.</summary>
    internal void Group(int images)
    {
        (Images, Tokens) = (Images / images, Tokens * images);
        Version++;
    }

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
