namespace Blip.Runtime.Imaging.Formats;

/// <summary>Refuses sizes before memory is allocated.</summary>
internal static class ImageSize
{
    /// <summary>The message for a file that ends too early.</summary>
    public const string CutOff = "the image is cut off: the file ends before its last pixel. Copy it again from where it came.";

    /// <summary>Checks the size in a file's header.</summary>
    /// <exception cref="ImageException">It is too large or not a size.</exception>
    public static void Check(long width, long height, string name, ImageDecoderOptions options)
    {
        if (width > 0 && height > 0 && width * height > options.MaxPixels)
            throw new ImageException(
                $"{name}: {width}×{height} pixels are more than the limit of {options.MaxPixels}. Scale the image down, or raise MaxPixels "
                    + $"(--max-pixels) where you trust the file.");
        if (width <= 0 || height <= 0 || 4L * width * height > Array.MaxLength)
            throw new ImageException($"{name}: an image of {width}×{height} pixels cannot be decoded.");
    }
}
