using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary>The reference's answer to a question about a sample image; greedy and three beams agree.</summary>
internal sealed record DemoQuestion(string Path, string Question, string Answer, int[] Tokens);

/// <summary>The demo answerer, and the reference's answers with it about the sample images.</summary>
internal static class DemoAnswering
{
    private static readonly Lazy<DemoQuestion[]> Golden = new(() =>
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "demo", "vqa.json")));
        return [.. json.RootElement.GetProperty("answers").EnumerateArray().Select(answer => new DemoQuestion(
            Demo.Sample(answer.GetProperty("file").GetString()!),
            answer.GetProperty("question").GetString()!,
            answer.GetProperty("answer").GetString()!,
            [.. answer.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32())]))];
    });

    /// <summary>The answerer's folder.</summary>
    public static string Model { get; } = Path.Combine(AppContext.BaseDirectory, "weights", "vqa");

    /// <summary>Three questions about each sample image.</summary>
    public static IReadOnlyList<DemoQuestion> Questions => Golden.Value;
}
