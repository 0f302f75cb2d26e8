using System.Text.Json;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

/// <summary>
/// A photograph's file to the reference's tokens with the released models' sizes: the weights follow a rule and need no download.
/// </summary>
public class FullSizeTests
{
    private static readonly string Goldens = Path.Combine(AppContext.BaseDirectory, "Goldens");

    [Theory]
    [MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Photographs_have_the_references_tokens(string id)
    {
        FullRun.Only();
        Devices.Open(id).Dispose();
        using var captioner = Captioner.Load("synthetic:base", new CaptionerOptions { Device = id });
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Goldens, "models", "base", "photos.json")));
        var answers = golden.RootElement.GetProperty("answers").EnumerateArray().ToArray();
        Assert.Equal(2, answers.Length);
        var photographs = answers.Select(answer => (ImageSource)Path.Combine(Goldens, "images", answer.GetProperty("file").GetString()!))
            .ToArray();
        foreach (var (way, beams) in new[] { ("greedy", 1), ("beam-3", 3) })
        {
            var options = new CaptionOptions
            {
                Generation = new() { MaxLength = golden.RootElement.GetProperty("max_length").GetInt32(), NumBeams = beams },
            };
            var results = await captioner.CaptionAllAsync(photographs, options, TestContext.Current.CancellationToken)
                .ToListAsync(TestContext.Current.CancellationToken);
            foreach (var (photograph, result) in answers.Zip(results))
            {
                Assert.True(result.Succeeded, result.Error);
                // The first photograph's third and fourth beams once differ by 1.3e-5 in a sum of 45.6: sums that lose more choose wrongly.
                var answer = photograph.GetProperty(way);
                Assert.Equal(answer.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()), result.Caption.Tokens);
                if (answer.TryGetProperty("score", out var score))
                    Assert.Equal(score.GetDouble(), result.Caption.Score, Math.Abs(score.GetDouble()) * 1e-4);
            }
        }
    }
}
