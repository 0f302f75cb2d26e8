using System.IO.Hashing;
using System.Text;
using Blip.Datasets;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;

namespace Blip.Bootstrapping.Engine;

/// <summary>A sample with its image decoded, or the reason why not.</summary>
internal sealed record DecodedSample
{
    public required Sample Sample { get; init; }

    /// <summary>XxHash128 of the encoded image; null if unreadable.</summary>
    public string? ImageHash { get; init; }

    public RgbImage? Image { get; init; }

    public string? Error { get; init; }

    /// <summary>The texts that are not blank, in order; invalid characters are replaced.</summary>
    public IReadOnlyList<string> Texts => [.. Sample.Texts.Where(text => !string.IsNullOrWhiteSpace(text)).Select(Wellformed)];

    /// <summary>A sample's encoded image, or why there is none.</summary>
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
            return (null, $"{name}: the image of '{sample.Key}' cannot be read: {FailureReason.Of(e)}.");
        }
    }

    /// <summary>Decodes a sample's image; a bad image gives an error value. Thread-safe.</summary>
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

    public static string HashOf(byte[] bytes) => Convert.ToHexStringLower(XxHash128.Hash(bytes));

    // UTF-8 has no half surrogate pairs, and texts must survive a restart unchanged.
    private static string Wellformed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
