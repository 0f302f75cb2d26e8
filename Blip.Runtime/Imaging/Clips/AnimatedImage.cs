using Blip.Runtime.Imaging.Formats;
using SkiaSharp;

namespace Blip.Runtime.Imaging.Clips;

/// <summary>The frames of animated GIF, WebP and PNG files as viewers show them: over the result of earlier frames.</summary>
internal static class AnimatedImage
{
    /// <summary>The number of frames; 1 for still images and other files.</summary>
    public static unsafe int CountOf(ReadOnlySpan<byte> file)
    {
        switch (ImageFormats.Of(file[..Math.Min(file.Length, ImageFormats.HeaderLength)]))
        {
            case ImageFormat.Png:
                return Math.Max(1, AnimatedPng.FramesOf(file).Count);
            case ImageFormat.Gif or ImageFormat.WebP:
                fixed (byte* bytes = file)
                {
                    using var data = SKData.Create((nint)bytes, file.Length);
                    using var codec = SKCodec.Create(data);
                    return Math.Max(1, codec?.FrameCount ?? 1);
                }
            default:
                return 1;
        }
    }

    /// <summary>Decodes the given frames, in ascending order.</summary>
    /// <exception cref="ImageException">The file is damaged or too large.</exception>
    public static RgbImage[] Decode(ReadOnlySpan<byte> file, string name, IReadOnlyList<int> frames, ImageDecoderOptions options) =>
        ImageFormats.Of(file[..Math.Min(file.Length, ImageFormats.HeaderLength)]) == ImageFormat.Png
            ? AnimatedPng.Decode(file, name, frames, options)
            : DecodeBySkia(file, name, frames, options);

    // Skia itself decodes the frames on which a frame depends.
    private static unsafe RgbImage[] DecodeBySkia(
        ReadOnlySpan<byte> file, string name, IReadOnlyList<int> frames, ImageDecoderOptions options)
    {
        fixed (byte* bytes = file)
        {
            using var data = SKData.Create((nint)bytes, file.Length);
            using var codec = SKCodec.Create(data) ?? throw new ImageException($"{name}: the image is damaged: its header cannot be read.");
            var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            ImageSize.Check(info.Width, info.Height, name, options);
            var rgba = new byte[info.BytesSize];
            var images = new RgbImage[frames.Count];
            for (var i = 0; i < images.Length; i++)
            {
                Array.Clear(rgba);
                SKCodecResult result;
                fixed (byte* pixels = rgba)
                    result = codec.GetPixels(info, (nint)pixels, new SKCodecOptions(frames[i]));
                if (result != SKCodecResult.Success)
                    throw new ImageException(
                        $"{name}: its frame {frames[i]} is damaged ({result}). Copy the file again from where it came.");
                images[i] = UprightImage.Of(rgba, info.Width, info.Height, 1, options.Background);
            }
            return images;
        }
    }
}
