using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary><c>blip eval retrieval</c> from the command line to the report, on the demo's samples.</summary>
public sealed class EvalRetrievalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static string Annotations { get; } = Path.Combine(Demo.Samples, "captions.json");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData()]
    [InlineData("--rerank", "4")]
    public async Task The_demo_finds_its_samples_captions_and_images(params string[] options)
    {
        var report = JsonElement.Parse((await Run(Annotations, [.. options, "--format", "json", "--details"])).Succeeded());

        var scores = report.GetProperty("scores");
        Assert.Equal(7, scores.EnumerateObject().Count());
        // Twelve images that differ in shape, colour and place.
        Assert.True(scores.GetProperty("image to text, recall@1").GetDouble() > 0.8, scores.ToString());
        Assert.True(scores.GetProperty("text to image, recall@5").GetDouble() > 0.9, scores.ToString());
        Assert.Equal(12, report.GetProperty("details").GetArrayLength());
        var ranks = report.GetProperty("details").EnumerateArray().Select(item => item.GetProperty("caption_rank").GetInt32()).ToList();
        Assert.Equal(ranks.Count(rank => rank == 0) / 12.0, scores.GetProperty("image to text, recall@1").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task A_image_that_is_not_there_is_told_and_the_others_are_scored()
    {
        var annotations = folder.Write("captions.json", """
            [{"image": "00.png", "caption": ["a large white ring on a cyan background", "a ring"]}, {"image": "none.png", "caption": "x"}, {"image": "03.png", "caption": "a small black square on a brown background"}]
            """);
        var run = await Run(annotations);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("none.png", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 3 images", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"image to text, recall@1 +100\.00", run.Output);
    }

    [Fact]
    public async Task What_cannot_be_is_refused()
    {
        (await Run(Annotations, "--rerank", "-1")).Refused("--rerank is below 0");
        (await Run(folder.Write("bare.json", """{"images": [{"id": 7}]}"""))).Refused("has no caption for an image to be found by");
        (await CliRun.Of("eval", "retrieval", "--annotations", Annotations)).Refused("--images");
    }

    private static Task<CliRun> Run(string annotations, params string[] options) => CliRun.Of(
        ["eval", "retrieval", "--device", "cpu", "--model", Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), "--annotations",
            annotations, "--images", Demo.Samples, .. options]);
}
