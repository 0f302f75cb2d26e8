using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>From images to the states that text towers attend to: a batch at once, or a kept one.</summary>
/// <param name="host">Device and preprocessor.</param>
/// <param name="model">The model.</param>
/// <param name="cacheBytes">Most bytes that images of single calls may hold on the device afterwards.</param>
internal sealed class ImageEncoder(PipelineHost host, BlipModel model, long cacheBytes = 0)
{
    private int Height => host.Preprocessor.Processing.Height;

    private int Width => host.Preprocessor.Processing.Width;

    /// <summary>The images that single calls used last.</summary>
    public ImageCache Cache { get; } = new(host, cacheBytes);

    /// <summary>Encodes an image for the caller to keep.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public ImageFeatures Keep(Pipeline pipeline, ImageSource image, CancellationToken cancellationToken)
    {
        CheckPixels(image);
        return host.WithImage(image, decoded => host.InTurn(pipeline, () => Keep(decoded), cancellationToken), cancellationToken);
    }

    /// <summary>The same; no thread waits.</summary>
    /// <inheritdoc cref="Keep(Pipeline, ImageSource, CancellationToken)"/>
    public Task<ImageFeatures> KeepAsync(Pipeline pipeline, ImageSource image, CancellationToken cancellationToken)
    {
        CheckPixels(image);
        return host.WithImageAsync(image, (decoded, _) => host.InTurnAsync(pipeline, () => Keep(decoded), cancellationToken), cancellationToken);
    }

    private static void CheckPixels(ImageSource image)
    {
        if (image.Features is not null)
            throw new ArgumentException($"{image.Name} is encoded already.", nameof(image));
    }

    /// <summary>
    /// Does one call's work over one image, which is encoded where it is neither a handle nor kept from a call before.
    /// </summary>
    /// <param name="pipeline">Whose call it is.</param>
    /// <param name="image">The image.</param>
    /// <param name="work">Done in turn; the image is on the device or has pixels.</param>
    /// <param name="cancellationToken">Ends the waiting for the turn.</param>
    /// <param name="pixels">Whether the work needs the pixels, so that kept states are not enough.</param>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The handle, or the pipeline, is disposed.</exception>
    public T ForOne<T>(Pipeline pipeline, ImageSource image, Func<DecodedImage, T> work, CancellationToken cancellationToken, bool pixels = false)
    {
        if (image.Features is { } features)
            return InTurn(() => work(Kept(image, features)));
        var key = Cache.Keeps && !pixels ? image.Identity() : null;
        if (key is not null && InTurn(() => Cache.Find(key) is { } known ? new Found<T>(work(Kept(image, known))) : null) is { } found)
            return found.Result;
        return host.WithImage(image, decoded => InTurn(() => work(key is null ? decoded : Kept(image, Remember(key, decoded)))), cancellationToken);

        TResult InTurn<TResult>(Func<TResult> turn) => host.InTurn(
            pipeline,
            () =>
            {
                var result = turn();
                Cache.Trim();
                return result;
            },
            cancellationToken);
    }

    /// <summary>Copies images that are kept to one batch; the caller disposes it. In turn.</summary>
    public ImageStates Gather(IReadOnlyList<ImageFeatures> images) => model.Vision.Gather([.. images.Select(image => (image.States, 0))]);

    /// <summary>Encodes an image and keeps it for the next call about it. In turn.</summary>
    public ImageFeatures Remember(string key, DecodedImage decoded)
    {
        var features = Keep(decoded);
        Cache.Add(key, features);
        return features;
    }

    /// <summary>Puts a batch on the device, in turn: those with pixels are encoded together, handles are there already.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="refuse">Told the place of an image that cannot be used, and why.</param>
    /// <param name="rollout">Whether to tell how much of each patch is in each token, too; then a handle is refused.</param>
    /// <returns>For each place the image on the device; null for one that was refused.</returns>
    public EncodedImage?[] Encode(IReadOnlyList<DecodedImage> batch, Action<int, string> refuse, bool rollout = false)
    {
        var (encoded, pixels) = (new EncodedImage?[batch.Count], new List<int>(batch.Count));
        FindEncoded(batch, encoded, pixels, refuse, rollout);
        if (pixels.Count == 0)
            return encoded;
        var places = Upload(batch, pixels, refuse);
        if (places.Count == 0)
            return encoded;
        var states = model.Vision.Encode(places.Count, Height, Width);
        var rollouts = rollout ? model.Vision.Rollout(places.Count, Height, Width) : null;
        for (var i = 0; i < places.Count; i++)
            encoded[places[i]] = new EncodedImage(states, i) { Rollout = rollouts?[i] };
        return encoded;
    }

    /// <summary>A vector of each image of a batch, in turn: those with pixels go together, and nothing else is computed of them.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="ofStates">The vectors of encoded images.</param>
    /// <param name="ofPixels">The vectors of so many images of a height and a width in the pixel buffer.</param>
    /// <param name="refuse">Told the place of an image that cannot be used, and why.</param>
    /// <returns>For each place its vector; null for one that was refused.</returns>
    public float[]?[] Vectors(
        IReadOnlyList<DecodedImage> batch, Func<ImageStates, float[][]> ofStates, Func<int, int, int, float[][]> ofPixels, Action<int, string> refuse)
    {
        var (encoded, pixels, vectors) = (new EncodedImage?[batch.Count], new List<int>(batch.Count), new float[]?[batch.Count]);
        FindEncoded(batch, encoded, pixels, refuse, rollout: false);
        foreach (var group in Enumerable.Range(0, batch.Count).Where(i => encoded[i] is not null).GroupBy(i => encoded[i]!.Value.States))
        {
            var all = ofStates(group.Key);
            foreach (var i in group)
                vectors[i] = all[encoded[i]!.Value.Image];
        }
        if (pixels.Count == 0 || Upload(batch, pixels, refuse) is not [_, ..] places)
            return vectors;
        foreach (var (place, vector) in places.Zip(ofPixels(places.Count, Height, Width)))
            vectors[place] = vector;
        return vectors;
    }

    // Those that are on the device already; the places of the others.
    private void FindEncoded(IReadOnlyList<DecodedImage> batch, EncodedImage?[] encoded, List<int> pixels, Action<int, string> refuse, bool rollout)
    {
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].Encoded is { } known)
                encoded[i] = known;
            else if (batch[i].Features is not { } features)
                pixels.Add(i);
            else if (!features.BelongsTo(host))
                refuse(i, $"{features.Name}: it was encoded by another pipeline; encode it with this one.");
            else if (features.IsFree)
                refuse(i, $"{features.Name}: its features are disposed.");
            else if (rollout)
                refuse(i, $"{features.Name}: {AttentionRules.NoPixels}");
            else
                encoded[i] = new EncodedImage(features.States, 0);
        }
    }

    // To the pixel buffer: the places of those that are there.
    private List<int> Upload(IReadOnlyList<DecodedImage> batch, List<int> pixels, Action<int, string> refuse) =>
        [.. host.Upload(pixels.ConvertAll(i => batch[i]), model.Vision.PixelBuffer, (i, error) => refuse(pixels[i], error)).Select(place => pixels[place])];

    private static DecodedImage Kept(ImageSource image, ImageFeatures known)
    {
        ObjectDisposedException.ThrowIf(known.IsFree, known);
        return new DecodedImage(image, null, null) { Features = known };
    }

    private ImageFeatures Keep(DecodedImage decoded)
    {
        host.Upload([decoded], model.Vision.PixelBuffer, (_, error) => throw new ImageException(error));
        return new ImageFeatures(host, model.Vision.Encode(1, Height, Width, keep: true), decoded.Source.Name);
    }

    private sealed record Found<T>(T Result);
}

/// <summary>An image on the device: one of a batch, or one that is kept.</summary>
/// <param name="States">The image encoder's states of the batch.</param>
/// <param name="Image">Its place there.</param>
internal readonly record struct EncodedImage(ImageStates States, int Image)
{
    /// <summary>How much of each token before the image encoder is in each token behind it; null unless it was asked for.</summary>
    public float[]? Rollout { get; init; }
}
