using System.Text.Json;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Imaging;

/// <summary>Images, and the reference's results for them.</summary>
public static class ImageGoldens
{
    private static readonly Lazy<CaseFile> Content = new(() =>
        JsonSerializer.Deserialize<CaseFile>(File.ReadAllText(PathOf("cases.json")), JsonSerializerOptions.Web)!);

    public static IReadOnlyList<Case> Cases => Content.Value.Cases;

    public static IReadOnlyDictionary<string, string> Bad => Content.Value.Bad;

    public static string PathOf(string file) => Path.Combine(AppContext.BaseDirectory, "Goldens", "images", file);

    public static RgbImage Decode(string file) => ImageDecoder.Decode(PathOf(file));

    public sealed record CaseFile(Case[] Cases, Dictionary<string, string> Bad);

    public sealed record Case(string File, int Width, int Height, string Expected, int[] Decoded);
}
