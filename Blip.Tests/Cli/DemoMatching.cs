using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary>The reference's result for a sample image and a text.</summary>
internal sealed record DemoMatch(string Path, string Text, double MatchProbability, double Cosine, double[] Logits)
{
    /// <summary>The logits where the text begins with [ENC], as in the authors' retrieval.</summary>
    public required double[] EncoderLogits { get; init; }
}

/// <summary>The demo matcher, and the reference's results with it for the sample images.</summary>
internal static class DemoMatching
{
    private static readonly Lazy<DemoMatch[]> Golden = new(() =>
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "demo", "retrieval.json")));
        return [.. json.RootElement.GetProperty("answers").EnumerateArray().Select(answer => new DemoMatch(
            Demo.Sample(answer.GetProperty("file").GetString()!),
            answer.GetProperty("text").GetString()!,
            answer.GetProperty("match_probability").GetDouble(),
            answer.GetProperty("itc").GetDouble(),
            [.. answer.GetProperty("itm").EnumerateArray().Select(logit => logit.GetDouble())])
        {
            EncoderLogits = [.. answer.GetProperty("itm_enc").EnumerateArray().Select(logit => logit.GetDouble())],
        })];
    });

    /// <summary>The matcher's folder.</summary>
    public static string Model { get; } = Path.Combine(AppContext.BaseDirectory, "weights", "retrieval");

    /// <summary>Images beside true and wrong texts.</summary>
    public static IReadOnlyList<DemoMatch> Pairs => Golden.Value;
}
