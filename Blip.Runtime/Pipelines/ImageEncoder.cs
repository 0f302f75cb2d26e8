using Blip.Runtime.Imaging;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>Encodes images for text towers. With <paramref name="takesClips"/> an image may have several frames.</summary>
internal sealed class ImageEncoder(PipelineHost host, BlipModel model, long cacheBytes = 0, bool takesClips = false)
{
    private int Height => host.Preprocessor.Processing.Height;

    private int Width => host.Preprocessor.Processing.Width;

    public ImageCache Cache { get; } = new(host, cacheBytes);

    /// <summary>Encodes an image for the caller to keep.</summary>
    public ImageFeatures Keep(Pipeline pipeline, ImageSource image, CancellationToken cancellationToken)
    {
        CheckPixels(image);
        return host.WithImage(image, decoded => host.InTurn(pipeline, () => Keep(decoded), cancellationToken), cancellationToken);
    }

    /// <summary>The same without blocking a thread.</summary>
    public Task<ImageFeatures> KeepAsync(Pipeline pipeline, ImageSource image, CancellationToken cancellationToken)
    {
        CheckPixels(image);
        return host.WithImageAsync(
            image, (decoded, _) => host.InTurnAsync(pipeline, () => Keep(decoded), cancellationToken), cancellationToken);
    }

    private static void CheckPixels(ImageSource image)
    {
        if (image.Features is not null)
            throw new ArgumentException($"{image.Name} is encoded already.", nameof(image));
    }

    /// <summary>Does one call's work over one image, in turn. With <paramref name="pixels"/> kept states are not enough.</summary>
    public T ForOne<T>(Pipeline pipeline, ImageSource image, Func<DecodedImage, T> work, CancellationToken cancellationToken,
        bool pixels = false)
    {
        if (image.Features is { } features)
            return InTurn(() => work(Kept(image, features)));
        var key = Cache.Keeps && !pixels ? image.Identity() : null;
        if (key is not null && InTurn(() => Cache.Find(key) is { } known ? new Found<T>(work(Kept(image, known))) : null) is { } found)
            return found.Result;
        return host.WithImage(
            image, decoded => InTurn(() => work(key is null ? decoded : Kept(image, Remember(key, decoded)))), cancellationToken);

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

    /// <summary>Copies kept images into one batch for the caller to dispose, and gives each image's place. In turn.</summary>
    public (ImageStates States, EncodedImage[] Images) Gather(IReadOnlyList<ImageFeatures> images)
    {
        var states = model.Vision.Gather(
            [.. images.SelectMany(image => Enumerable.Range(0, image.States.Images).Select(frame => (image.States, frame)))]);
        var next = 0;
        return (states, [.. images.Select(
            image => new EncodedImage(states, (next += image.States.Images) - image.States.Images) { Frames = image.States.Images })]);
    }

    /// <summary>Encodes an image and caches it. In turn.</summary>
    public ImageFeatures Remember(string key, DecodedImage decoded)
    {
        var features = Keep(decoded);
        Cache.Add(key, features);
        return features;
    }

    /// <summary>
    /// Puts a batch on the device, in turn. A refused image gives null; with <paramref name="rollout"/> a handle is refused.
    /// </summary>
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
            // If one frame of a clip is refused, the others are of no use.
            if (frames.Count() == FramesOf(batch[frames.Key]).Count)
                encoded[frames.Key] = new EncodedImage(states, first) { Frames = frames.Count(), Rollout = rollouts?[first] };
        }
        return encoded;
    }

    /// <summary>
    /// A vector for each image of a batch, in turn; null for a refused image. <paramref name="ofPixels"/> gets the number, height and width
    /// of the images in the pixel buffer.
    /// </summary>
    public float[]?[] Vectors(
        IReadOnlyList<DecodedImage> batch, Func<IReadOnlyList<EncodedImage?>, float[]?[]> ofStates, Func<int, int, int, float[][]> ofPixels,
            Action<int, string> refuse)
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

    // Finds images on the device; pixels gets the places of the others.
    private void FindEncoded(
        IReadOnlyList<DecodedImage> batch, EncodedImage?[] encoded, List<int> pixels, Action<int, string> refuse, bool rollout)
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

    // Fills the pixel buffer, and gives each image's place. A clip counts as its frames.
    private List<int> Upload(IReadOnlyList<DecodedImage> batch, List<int> pixels, Action<int, string> refuse)
    {
        var frames = pixels.SelectMany(i => FramesOf(batch[i]).Select(frame => (Place: i, Image: frame))).ToList();
        return frames.Count == 0
            ? []
            : [.. host.Upload(frames.ConvertAll(frame => frame.Image), model.Vision.PixelBuffer,
                (i, error) => refuse(frames[i].Place, error)).Select(i => frames[i].Place)];
    }

    /// <summary>
    /// Groups images for texts, one run each. A clip is one image with the tokens of all its frames. In turn; a group's states may be freed
    /// when the next is taken.
    /// </summary>
    /// <returns>Each group's states, and its images' places in the list and in the states.</returns>
    public IEnumerable<(ImageStates States, List<(int Place, int Image)> Images)> ForTexts(IReadOnlyList<EncodedImage?> images)
    {
        foreach (var group in images.Index().Where(image => image.Item is not null)
            .GroupBy(image => (image.Item!.Value.States, image.Item.Value.Frames)))
        {
            var (states, frames) = group.Key;
            using var clips = frames == 1 ? null : model.Vision.Join(states, [.. group.Select(image => image.Item!.Value.Image)], frames);
            yield return (clips ?? states, [.. group.Select((image, i) => (image.Index, clips is null ? image.Item!.Value.Image : i))]);
        }
    }

    // Where clips are not taken, the host refuses one with its reason.
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

/// <summary>An image on the device: number <paramref name="Image"/> of the batch in <paramref name="States"/>.</summary>
internal readonly record struct EncodedImage(ImageStates States, int Image)
{
    /// <summary>The number of images from there on: more than one for a clip.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>The share of each input token of the image encoder in each output token; null unless asked for.</summary>
    public float[]? Rollout { get; init; }
}
