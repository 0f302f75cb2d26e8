using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>From images to the states that text towers attend to: a batch at once, or a kept one.</summary>
/// <param name="host">Device and preprocessor.</param>
/// <param name="model">The model.</param>
/// <param name="cacheBytes">Most bytes that images of single calls may hold on the device afterwards.</param>
/// <param name="takesClips">Whether an image may be several that go through the model together.</param>
internal sealed class ImageEncoder(PipelineHost host, BlipModel model, long cacheBytes = 0, bool takesClips = false)
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
    /// <returns>The batch, and each image's place there.</returns>
    public (ImageStates States, EncodedImage[] Images) Gather(IReadOnlyList<ImageFeatures> images)
    {
        var states = model.Vision.Gather([.. images.SelectMany(image => Enumerable.Range(0, image.States.Images).Select(frame => (image.States, frame)))]);
        var next = 0;
        return (states, [.. images.Select(image => new EncodedImage(states, (next += image.States.Images) - image.States.Images) { Frames = image.States.Images })]);
    }

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
        if (Upload(batch, pixels, refuse) is not [_, ..] places)
            return encoded;
        var states = model.Vision.Encode(places.Count, Height, Width);
        var rollouts = rollout ? model.Vision.Rollout(places.Count, Height, Width) : null;
        foreach (var frames in places.Index().GroupBy(image => image.Item))
        {
            var first = frames.First().Index;
            // Where one frame of a clip is refused, the others are of no use.
            if (frames.Count() == FramesOf(batch[frames.Key]).Count)
                encoded[frames.Key] = new EncodedImage(states, first) { Frames = frames.Count(), Rollout = rollouts?[first] };
        }
        return encoded;
    }

    /// <summary>A vector of each image of a batch, in turn: those with pixels go together, and nothing else is computed of them.</summary>
    /// <param name="batch">The images.</param>
    /// <param name="ofStates">The vectors of encoded images, at their places.</param>
    /// <param name="ofPixels">The vectors of so many images of a height and a width in the pixel buffer.</param>
    /// <param name="refuse">Told the place of an image that cannot be used, and why.</param>
    /// <returns>For each place its vector; null for one that was refused.</returns>
    public float[]?[] Vectors(
        IReadOnlyList<DecodedImage> batch, Func<IReadOnlyList<EncodedImage?>, float[]?[]> ofStates, Func<int, int, int, float[][]> ofPixels, Action<int, string> refuse)
    {
        // A clip's vector is the mean of its frames' projections.
        if (batch.Any(image => FramesOf(image).Count > 1))
            return ofStates(Encode(batch, refuse));
        var (encoded, pixels) = (new EncodedImage?[batch.Count], new List<int>(batch.Count));
        FindEncoded(batch, encoded, pixels, refuse, rollout: false);
        var vectors = ofStates(encoded);
        if (Upload(batch, pixels, refuse) is not [_, ..] places)
            return vectors;
        foreach (var (place, vector) in places.Zip(ofPixels(places.Count, Height, Width)))
            vectors[place] = vector;
        return vectors;
    }

    // Images on the device already; the places of the others.
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
                encoded[i] = new EncodedImage(features.States, 0) { Frames = features.States.Images };
        }
    }

    // To the pixel buffer: for each image that is there, the place that it is of. A clip is as many images as it has frames.
    private List<int> Upload(IReadOnlyList<DecodedImage> batch, List<int> pixels, Action<int, string> refuse)
    {
        var frames = pixels.SelectMany(i => FramesOf(batch[i]).Select(frame => (Place: i, Image: frame))).ToList();
        return frames.Count == 0
            ? []
            : [.. host.Upload(frames.ConvertAll(frame => frame.Image), model.Vision.PixelBuffer, (i, error) => refuse(frames[i].Place, error)).Select(i => frames[i].Place)];
    }

    /// <summary>
    /// Images as texts look at them, in groups that one run can take. A clip is one image there, with the tokens of all its frames. In turn; a
    /// group's states may be gone when the next one is taken.
    /// </summary>
    /// <param name="images">The images on the device; null where one was refused.</param>
    /// <returns>Each group's states, and for each of its images the place in the list and in the states.</returns>
    public IEnumerable<(ImageStates States, List<(int Place, int Image)> Images)> ForTexts(IReadOnlyList<EncodedImage?> images)
    {
        foreach (var group in images.Index().Where(image => image.Item is not null).GroupBy(image => (image.Item!.Value.States, image.Item.Value.Frames)))
        {
            var (states, frames) = group.Key;
            using var clips = frames == 1 ? null : model.Vision.Join(states, [.. group.Select(image => image.Item!.Value.Image)], frames);
            yield return (clips ?? states, [.. group.Select((image, i) => (image.Index, clips is null ? image.Item!.Value.Image : i))]);
        }
    }

    // A refused image goes on as it is, for the host to say why.
    private IReadOnlyList<DecodedImage> FramesOf(DecodedImage image) => image.Frames is { } frames && takesClips
        ? [.. frames.Select(frame => new DecodedImage(image.Source, frame, null))]
        : [image];

    private static DecodedImage Kept(ImageSource image, ImageFeatures known)
    {
        ObjectDisposedException.ThrowIf(known.IsFree, known);
        return new DecodedImage(image, null, null) { Features = known };
    }

    private ImageFeatures Keep(DecodedImage decoded)
    {
        var frames = FramesOf(decoded);
        host.Upload(frames, model.Vision.PixelBuffer, (_, error) => throw new ImageException(error));
        return new ImageFeatures(host, model.Vision.Encode(frames.Count, Height, Width, keep: true), decoded.Source.Name);
    }

    private sealed record Found<T>(T Result);
}

/// <summary>An image on the device: one of a batch, or one that is kept.</summary>
/// <param name="States">The image encoder's states of the batch.</param>
/// <param name="Image">Its place there.</param>
internal readonly record struct EncodedImage(ImageStates States, int Image)
{
    /// <summary>Images from that place on that belong together: more than one for a clip.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>How much of each token before the image encoder is in each token behind it; null unless it was asked for.</summary>
    public float[]? Rollout { get; init; }
}
