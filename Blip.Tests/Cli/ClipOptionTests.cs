using System.Text.Json;
using Blip.Runtime.Pipelines;
using Blip.Tests.Imaging;

namespace Blip.Tests.Cli;

/// <summary>
/// <c>--frames</c>: animated files and folders of frames from the command line to vectors, matches, an index and its search.
/// </summary>
public sealed class ClipOptionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ClipOptionTests()
    {
        // A folder of frames, an animated file, and one still image.
        foreach (var number in Enumerable.Range(0, 5))
            File.Copy(
                Demo.Paths[number], Path.Combine(Directory.CreateDirectory(Path.Combine(folder.Path, "frames")).FullName, $"{number}.png"));
        folder.Write("moving.gif", ClipTests.Gif());
        File.Copy(Demo.Paths[7], Path.Combine(folder.Path, "still.png"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_holds_clips_and_each_has_the_mean_of_its_frames()
    {
        var records = (await Run("embed", folder.Path, "--frames", "2")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(
            ["frames", "moving.gif", "still.png"], records.Select(record => Path.GetFileName(record.GetProperty("path").GetString())));

        using var embedder = Embedder.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new EmbedderOptions { Device = "cpu" });
        var clip = ImageSource.FromFrames([Demo.Paths[0], Demo.Paths[2]], "two");
        Assert.Equal(embedder.EmbedImage(clip, Token), Vector(records[0]));
        Assert.Equal(embedder.EmbedImage(Demo.Paths[7], Token), Vector(records[2]));
        Assert.Equal(1, Vector(records[0]).Sum(element => element * element), 1e-5);
        // A clip of one image many times is that image.
        var still = embedder.EmbedImage(ImageSource.FromFrames([Demo.Paths[7], Demo.Paths[7], Demo.Paths[7]], "three"), Token);
        Assert.All(still.Zip(Vector(records[2])), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public async Task A_text_over_a_clip_of_one_image_fits_as_it_fits_the_image()
    {
        using var matcher = Matcher.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "retrieval"), new MatcherOptions { Device = "cpu" });
        var text = DemoMatching.Pairs[0].Text;
        var clip = ImageSource.FromFrames([Demo.Paths[0], Demo.Paths[0]], "twice");
        var (one, both) = (
            matcher.Match(Demo.Paths[0], text, cancellationToken: Token), matcher.Match(clip, text, cancellationToken: Token));
        Assert.Equal(one.MatchProbability, both.MatchProbability, 1e-4);
        Assert.Equal(one.Cosine, both.Cosine, 1e-5);
        // A clip has the same result as alone, beside images and other clips, and where it is kept.
        ImageSource[] all =
            [Demo.Paths[1], clip, ImageSource.FromFrames([Demo.Paths[2], Demo.Paths[3], Demo.Paths[4]], "three"), Demo.Paths[5]];
        var alone = all.Select(image => matcher.Match(image, text, cancellationToken: Token)).ToList();
        var stream = await matcher.MatchAllAsync(all, [text], cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(alone.Select(match => match.MatchProbability), stream.Select(result => result.Matches![0].MatchProbability));
        var calls = await Task.WhenAll(all.Select(image => matcher.MatchAsync(image, [text], cancellationToken: Token)));
        Assert.Equal(alone.Select(match => match.MatchProbability), calls.Select(match => match[0].MatchProbability));
        using var kept = matcher.Encode(clip, Token);
        Assert.Equal(both.MatchProbability, matcher.Match(kept, text, cancellationToken: Token).MatchProbability);
        Assert.Contains(
            "clip", (
                await matcher.MatchAllAsync([clip], [text], new MatchOptions { Attention = true }, Token).ToListAsync(Token))[0].Error);
    }

    [Fact]
    public async Task An_index_of_clips_is_searched_and_looked_at_again()
    {
        var index = Path.Combine(folder.Path, "clips.index");
        Assert.StartsWith(
            "3 added", (await Run("index", folder.Path, "--index", index, "--frames", "4")).Succeeded(), StringComparison.Ordinal);
        (await Run("index", folder.Path, "--index", index, "--frames", "8")).Refused("clips of 4 frames, and not clips of 8 frames");
        (await Run("index", folder.Path, "--index", index)).Refused("clips of 4 frames, and not images");
        string[] search = ["search", DemoMatching.Pairs[0].Text, "--index", index, "--rerank", "3", "--format", "jsonl"];
        (await Run([.. search, "--frames", "8"])).Refused("--frames is 8", "clips of 4 frames");
        var found = (await Run(search)).Succeeded();
        Assert.Equal(found, (await Run([.. search, "--frames", "4"])).Succeeded());
        var records = found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(3, records.Count);
        Assert.All(records, record => Assert.False(record.TryGetProperty("error", out _)));
        var match = JsonElement.Parse(
            (
                await Run(
                    "match", Path.Combine(folder.Path, "frames"), "--text", DemoMatching.Pairs[0].Text, "--frames", "4", "--format",
                        "jsonl")).Succeeded());
        var clip = records.Single(record => record.GetProperty("path").GetString()!.EndsWith("frames", StringComparison.Ordinal));
        Assert.Equal(match.GetProperty("match_probability").GetDouble(), clip.GetProperty("match_probability").GetDouble(), 1e-6);
    }

    [Theory]
    [InlineData("msrvtt_test.jsonl", """
        {"clip_name": "video0", "caption": "CAPTION0"}
        {"clip_name": "video1", "caption": "CAPTION1"}
        """)]
    [InlineData("test_videodatainfo.json", """
        {"videos": [{"video_id": "video0", "split": "test"}, {"video_id": "video1", "split": "test"}, {"video_id": "video2", "split": "train"}],
         "sentences": [{"video_id": "video1", "caption": "CAPTION1"}, {"video_id": "video0", "caption": "CAPTION0"}]}
        """)]
    public async Task MsrVtts_files_are_scored(string name, string text)
    {
        var captions = Demo.Answers("greedy").ToList();
        var annotations = folder.Write(name, text.Replace("CAPTION0", captions[0].Caption).Replace("CAPTION1", captions[1].Caption));
        foreach (var clip in new[] { 0, 1 })
        {
            foreach (var frame in new[] { 0, 1 })
                File.Copy(
                    Demo.Paths[clip], Path.Combine(
                        Directory.CreateDirectory(Path.Combine(folder.Path, "videos", $"video{clip}")).FullName, $"{frame}.png"));
        }
        var scores = JsonElement.Parse(
            (
                await Run(
                    "eval", "retrieval", "--annotations", annotations, "--images", Path.Combine(folder.Path, "videos"), "--frames", "2",
                        "--rerank", "2", "--format", "json")).Succeeded());
        Assert.Equal(2, scores.GetProperty("scored").GetInt32());
        Assert.All(scores.GetProperty("scores").EnumerateObject(), score => Assert.Equal(1, score.Value.GetDouble(), 1e-9));
    }

    [Fact]
    public async Task A_number_of_frames_out_of_range_is_refused() =>
        (await Run("embed", folder.Path, "--frames", "65")).Refused("--frames is 65");

    private static float[] Vector(JsonElement record) =>
        [.. record.GetProperty("embedding").EnumerateArray().Select(element => element.GetSingle())];

    private static Task<CliRun> Run(params string[] arguments) => CliRun.Of([.. arguments, "--device", "cpu"]);
}
