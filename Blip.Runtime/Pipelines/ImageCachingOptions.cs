namespace Blip.Runtime.Pipelines;

/// <summary>How a pipeline is set up that keeps images on the device between calls.</summary>
public abstract record ImageCachingOptions : PipelineOptions
{
    /// <summary>
    /// Most bytes on the device that the images of calls about one image may hold afterwards, so that the next call about the same file
    /// or bytes need not encode it again; those unused for longest go first. 0 keeps none. An image of a base model takes 44 MB. Handles
    /// (<see cref="ImageFeatures"/>) and streams of images are not counted: the former are the caller's, the latter keep nothing.
    /// </summary>
    public long ImageCacheBytes { get; init; } = 512L << 20;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (ImageCacheBytes < 0)
            throw new ArgumentException($"ImageCacheBytes is {ImageCacheBytes}: give a number of bytes, or 0 to keep no images.", nameof(ImageCacheBytes));
    }
}
