using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary>The demo captioner's sample images, and the reference's captions.</summary>
internal static class Demo
{
    private static readonly Lazy<JsonElement[]> Golden = new(() =>
    {
        using var json = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "demo", "captioning.json")));
        return [.. json.RootElement.GetProperty("answers").EnumerateArray().Select(answer => answer.Clone())];
    });

    /// <summary>The captioner's folder.</summary>
    public static string Model { get; } = Path.Combine(AppContext.BaseDirectory, "weights", "captioning");

    /// <summary>The images' folder.</summary>
    public static string Samples { get; } = Path.Combine(AppContext.BaseDirectory, "weights", "samples");

    /// <summary>The images' paths, in order.</summary>
    public static string[] Paths => [.. Golden.Value.Select(answer => Sample(answer.GetProperty("file").GetString()!))];

    /// <summary>The path of one image.</summary>
    public static string Sample(string file) => Path.Combine(Samples, file);

    /// <summary>
    /// The reference's answers in one way of generating: <c>greedy</c>, <c>beam-3</c>, <c>prompt</c>, <c>beam-5-penalties</c>.
    /// </summary>
    public static IReadOnlyList<DemoAnswer> Answers(string way) =>
        [.. Golden.Value.Select(answer => answer.GetProperty(way)).Select(answer => new DemoAnswer(
        answer.GetProperty("caption").GetString()!,
        [.. answer.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())],
        answer.TryGetProperty("score", out var score) ? score.GetDouble() : null,
        answer.TryGetProperty("min_top_gap", out var gap) ? gap.GetDouble() : null))];
}
