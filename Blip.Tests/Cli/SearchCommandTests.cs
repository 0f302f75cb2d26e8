using System.Diagnostics;
using System.Text.Json;
using Blip.Runtime.Retrieval;

namespace Blip.Tests.Cli;

public sealed class SearchCommandTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "blip.dll");
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string IndexPath => Path.Combine(folder.Path, "blip.index");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<CliRun> Index(params string[] arguments) =>
        CliRun.Of(["index", "--device", "cpu", "--model", DemoMatching.Model, "--index", IndexPath, .. arguments]);

    private Task<CliRun> Search(params string[] arguments) =>
        CliRun.Of(["search", "--device", "cpu", "--model", DemoMatching.Model, "--index", IndexPath, .. arguments]);

    [Fact]
    public async Task A_folder_is_indexed_once_and_searched_by_words()
    {
        Assert.Equal($"12 added, 0 updated, 0 unchanged, 0 removed, 0 failed; 12 images in {IndexPath}\n",
            (await Index(Demo.Samples)).Succeeded());
        Assert.Equal($"0 added, 0 updated, 12 unchanged, 0 removed, 0 failed; 12 images in {IndexPath}\n",
            (await Index(Demo.Samples)).Succeeded());

        var lines = (await Search("a large green star")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(10, lines.Length);
        Assert.Matches(@"^.*01\.png\t0\.\d{4}$", lines[0]);
        // Without quotes it is the same.
        Assert.Equal(lines, (await Search("a", "large", "green", "star")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(lines[..3], (await Search("a large green star", "--top", "3")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries));

        // The default model is the demo matcher, which says so.
        var run = await CliRun.Of("search", "a large green star", "--device", "cpu", "--index", IndexPath, "--top", "1");
        Assert.Equal(lines[0] + "\n", run.Succeeded());
        Assert.Contains("no --model: using the demo matcher", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task True_descriptions_find_their_images()
    {
        (await Index(Demo.Samples)).Succeeded();
        var right = DemoMatching.Pairs.Where((_, i) => i % 9 == 0).ToArray();
        foreach (var pair in right)
        {
            var text = (await Search(pair.Text, "--top", "12", "--rerank", "12", "--format", "jsonl")).Succeeded();
            var records = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
                .ToArray();
            Assert.Equal(12, records.Length);
            Assert.All(records, record =>
                Assert.Equal(["path", "score", "cosine", "match_probability"], record.EnumerateObject().Select(property => property.Name)));
            var own = records.Single(record => record.GetProperty("path").GetString() == Path.GetFullPath(pair.Path));
            Assert.Equal(pair.MatchProbability, own.GetProperty("match_probability").GetDouble(), 2e-4);
            Assert.Equal(pair.Cosine, own.GetProperty("cosine").GetDouble(), 2e-4);
            Assert.Equal(records.Select(record => record.GetProperty("score").GetDouble()).OrderDescending(),
                records.Select(record => record.GetProperty("score").GetDouble()));
        }
    }

    [Fact]
    public async Task An_image_finds_itself()
    {
        (await Index(Demo.Samples)).Succeeded();
        using var json = JsonDocument.Parse((await Search("--image", Demo.Sample("05.png"), "--top", "1", "--format", "json")).Succeeded());
        var hit = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal(Path.GetFullPath(Demo.Sample("05.png")), hit.GetProperty("path").GetString());
        Assert.Equal(1, hit.GetProperty("cosine").GetDouble(), 1e-6);
        (await Search("--image", Demo.Sample("05.png"), "--rerank", "3")).Refused("--rerank is 3", "leave it out");
    }

    [Fact]
    public async Task Files_that_are_gone_leave_the_index_on_request()
    {
        var images = Path.Combine(folder.Path, "images");
        Directory.CreateDirectory(images);
        foreach (var path in Demo.Paths)
            File.Copy(path, Path.Combine(images, Path.GetFileName(path)));
        folder.Write("images/broken.png", "no image");
        var run = await Index(images);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"12 added, 0 updated, 0 unchanged, 0 removed, 1 failed; 12 images in {IndexPath}\n", run.Output);
        Assert.Contains("broken.png", run.Error, StringComparison.Ordinal);
        File.Delete(Path.Combine(images, "broken.png"));
        File.Delete(Path.Combine(images, "01.png"));
        Assert.EndsWith("12 images in " + IndexPath + "\n", (await Index(images)).Succeeded(), StringComparison.Ordinal);
        // An image that is gone is found, and cannot be looked at again.
        var gone = await Search("a large green star", "--rerank", "12", "--top", "12", "--format", "csv");
        Assert.Equal(1, gone.ExitCode);
        Assert.Contains("01.png", gone.Error, StringComparison.Ordinal);
        Assert.Equal($"0 added, 0 updated, 0 unchanged, 1 removed, 0 failed; 11 images in {IndexPath}\n",
            (await Index("--prune")).Succeeded());
        Assert.DoesNotContain("01.png", (await Search("a large green star", "--top", "12")).Succeeded(), StringComparison.Ordinal);
    }

    /// <summary>A disk that is not mounted looks like an empty folder, or like none: nothing is taken out of the index for it.</summary>
    [Fact]
    public async Task A_folder_that_is_away_costs_no_entry()
    {
        var images = Path.Combine(folder.Path, "images");
        foreach (var path in Demo.Paths)
            folder.Write($"images/{(Path.GetFileName(path) == "00.png" ? "deep/" : "")}{Path.GetFileName(path)}", File.ReadAllBytes(path));
        (await Index(images)).Succeeded();
        var away = Path.Combine(folder.Path, "away");

        Directory.Move(images, away);
        await Kept("is not there");
        Directory.CreateDirectory(images);
        await Kept("is empty");
        Directory.Delete(images);
        Directory.Move(away, images);
        // A folder below is an empty mount point.
        File.Delete(Path.Combine(images, "deep", "00.png"));
        await Kept("is empty");
        foreach (var path in Demo.Paths[1..8])
            File.Delete(Path.Combine(images, Path.GetFileName(path)));
        Directory.Delete(Path.Combine(images, "deep"));
        await Kept("8 of 12 images are gone, more than half");
        Assert.Equal($"0 added, 0 updated, 0 unchanged, 8 removed, 0 failed; 4 images in {IndexPath}\n",
            (await Index("--prune-all")).Succeeded());

        async Task Kept(string reason)
        {
            var run = await Index("--prune");
            Assert.Equal(1, run.ExitCode);
            Assert.Contains(reason, run.Error, StringComparison.Ordinal);
            Assert.Contains("Nothing was taken out; --prune-all", run.Error, StringComparison.Ordinal);
            using var index = EmbeddingIndex.OpenRead(IndexPath);
            Assert.Equal(12, index.Count);
        }
    }

    [Fact]
    public async Task What_cannot_be_is_named()
    {
        (await Search("a star")).Refused("--index is", "make it with 'blip index");
        (await Index(Demo.Sample("00.png"))).Succeeded();
        (await Search()).Refused("give words, or --image");
        (await Search("a star", "--image", "x.png")).Refused("give one of them");
        (await Search("a star", "--top", "0")).Refused("--top is 0");
        (await Search("a star", "--rerank", "-4")).Refused("--rerank is -4");
        (await Search("a star", "--rernk", "4")).Refused("did you mean --rerank?");
        (await Search("a star", "--precision", "bf16")).Refused("fp32", "bf16", "another name for a new index");
        (await Index()).Refused("there is nothing to index");
        (await Index("-")).Refused("standard input");
        (await CliRun.Of("index", Demo.Samples, "--model", DemoMatching.Model, "--index", folder.Path)).Refused("this is a folder");
        using (EmbeddingIndex.Open(Path.Combine(folder.Path, "held"), 8, new IndexModel("x", new byte[IndexModel.FingerprintLength])))
            (await CliRun.Of("index", Demo.Samples, "--model", DemoMatching.Model, "--index", Path.Combine(folder.Path, "held")))
                .Refused("another process is writing");
        File.WriteAllText(IndexPath, "no index");
        (await Search("a star")).Refused("no index of ours");
    }

    [Fact]
    public async Task The_best_is_shown_in_the_systems_viewer()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("xdg-open is Linux's");
            return;
        }
        (await Index(Demo.Samples)).Succeeded();
        var viewer = folder.Write("bin/xdg-open", "#!/bin/sh\necho \"$1\" > \"$VIEWED\"\n");
        File.SetUnixFileMode(viewer, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var viewed = Path.Combine(folder.Path, "viewed");
        using var process = Start(
            "search", "a large green star", "--device", "cpu", "--model", DemoMatching.Model, "--index", IndexPath, "--open", "--top", "2");
        Assert.Equal(2, (await process.StandardOutput.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
        for (var tries = 0; tries < 100 && !(File.Exists(viewed) && File.ReadAllText(viewed).Length > 0); tries++)
            await Task.Delay(50, Token);
        Assert.Equal(Path.GetFullPath(Demo.Sample("01.png")), File.ReadAllText(viewed).Trim());
    }

    [Fact]
    public async Task What_is_no_image_any_more_is_neither_executed_nor_shown()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("the x bit is Unix's, and xdg-open Linux's");
            return;
        }
        var image = folder.Write("images/a.png", File.ReadAllBytes(Demo.Sample("01.png")));
        (await Index(image)).Succeeded();
        var traces = Path.Combine(folder.Path, "viewed");
        File.WriteAllText(image, $"#!/bin/sh\necho executed > '{traces}'\n");
        File.SetUnixFileMode(image, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var viewer = folder.Write("bin/xdg-open", "#!/bin/sh\necho shown > \"$VIEWED\"\n");
        File.SetUnixFileMode(viewer, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var process =
            Start("search", "a large green star", "--device", "cpu", "--model", DemoMatching.Model, "--index", IndexPath, "--open");
        Assert.Contains("it is not shown", await process.StandardError.ReadToEndAsync(Token), StringComparison.Ordinal);
        await process.WaitForExitAsync(Token);
        Assert.Equal(1, process.ExitCode);
        Assert.False(File.Exists(traces));
    }

    [Fact]
    public async Task Killed_it_goes_on_where_it_ended()
    {
        FullRun.Only();
        const int Count = 600;
        var images = Path.Combine(folder.Path, "images");
        Directory.CreateDirectory(images);
        for (var i = 0; i < Count; i++)
            File.Copy(Demo.Paths[i % Demo.Paths.Length], Path.Combine(images, $"{i:0000}.png"));
        using (var process = Start("index", images, "--device", "cpu", "--model", DemoMatching.Model, "--index", IndexPath))
        {
            // A first write is on disk, and the next ones are under way.
            while (!process.HasExited && (!File.Exists(IndexPath) || new FileInfo(IndexPath).Length < 500))
                await Task.Delay(10, Token);
            process.Kill();
            await process.WaitForExitAsync(Token);
        }
        int kept;
        using (var index = EmbeddingIndex.OpenRead(IndexPath))
            kept = index.Count;
        Assert.InRange(kept, 1, Count - 1);
        Assert.Equal($"{Count - kept} added, 0 updated, {kept} unchanged, 0 removed, 0 failed; {Count} images in {IndexPath}\n",
            (await Index(images)).Succeeded());
        using (var index = EmbeddingIndex.OpenRead(IndexPath))
            Assert.Equal(Enumerable.Range(0, Count).Select(i => $"images/{i:0000}.png"),
                index.Entries().Select(entry => entry.Id).Order(StringComparer.Ordinal));
    }

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Path.Combine(folder.Path, "bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["VIEWED"] = Path.Combine(folder.Path, "viewed");
        return Process.Start(start)!;
    }
}
