using System.IO.Hashing;
using System.Text;
using Blip.Datasets;
using Blip.Runtime.Imaging;

namespace Blip.Bootstrapping.Engine;

/// <summary>A sample on its way to the models: its image decoded, or the reason why it cannot be.</summary>
internal sealed record DecodedSample
{
    /// <summary>The sample.</summary>
    public required Sample Sample { get; init; }

    /// <summary>XxHash128 of the encoded image; null where it could not be read.</summary>
    public string? ImageHash { get; init; }

    /// <summary>The pixels; null where they could not be decoded.</summary>
    public RgbImage? Image { get; init; }

    /// <summary>The error; null where the image can be used.</summary>
    public string? Error { get; init; }

    /// <summary>Texts that hold something, in order; characters that no file can hold are replaced.</summary>
    public IReadOnlyList<string> Texts => [.. Sample.Texts.Where(text => !string.IsNullOrWhiteSpace(text)).Select(Wellformed)];

    /// <summary>The encoded image of a sample.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="name">The shard's name in messages.</param>
    /// <returns>The bytes, or the reason why there are none.</returns>
    public static (byte[]? Bytes, string? Error) Read(Sample sample, string name)
    {
        if (sample.Error is not null)
            return (null, sample.Error);
        if (sample.Image is null)
            return (null, $"{name}: sample '{sample.Key}' has no image.");
        try
        {
            return (sample.Image.Read(), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"{name}: the image of '{sample.Key}' cannot be read: {e.Message}");
        }
    }

    /// <summary>Decodes a sample's image; a wrong image is a value. On any thread.</summary>
    public static DecodedSample Decode(Sample sample, byte[] bytes, string name, ImageDecoderOptions options)
    {
        using var time = BootstrapMetrics.Measure("decode");
        var decoded = new DecodedSample { Sample = sample, ImageHash = HashOf(bytes) };
        try
        {
            return decoded with { Image = ImageDecoder.Decode(bytes, $"{name}: {sample.Image!.Name}", options) };
        }
        catch (ImageException e)
        {
            return decoded with { Error = e.Message };
        }
    }

    /// <summary>The identity of an encoded image.</summary>
    public static string HashOf(byte[] bytes) => Convert.ToHexStringLower(XxHash128.Hash(bytes));

    // Half a surrogate pair cannot be written as UTF-8, and a text must be the same after a restart.
    private static string Wellformed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
