using Blip.Runtime.Hub;
using Blip.Tests.Cli;

namespace Blip.Tests.Hub;

/// <summary>The cache's list, and the extent of a removal.</summary>
public sealed class CacheListingTests : IDisposable
{
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder cache = new();

    public CacheListingTests() => Offer("captioning");

    public void Dispose()
    {
        hub.Dispose();
        cache.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Model => Path.Combine(cache.Path, "models--Salesforce--blip-tiny");

    // One of the demo models, under the fake hub's only name.
    private void Offer(string folder)
    {
        hub.Files.Clear();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(Demo.Model)!, folder)))
            hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
    }

    private Task<PulledModel> Pull() => hub.Open(cache).PullAsync(FakeHub.Name, null, null, Token);

    private async Task<CachedModel> Only() => Assert.Single(await hub.Open(cache).ListAsync(Token));

    [Theory]
    [InlineData("captioning", "captioner"), InlineData("retrieval", "matcher"), InlineData("vqa", "answerer")]
    public async Task A_model_is_told_with_kind_precision_and_size(string folder, string kind)
    {
        Offer(folder);
        var pulled = await Pull();
        var model = await Only();

        Assert.Equal((FakeHub.Name, FakeHub.Commit, pulled.Folder, kind, "fp16", true, pulled.Bytes),
            (model.Name, model.Commit, model.Folder, model.Kind, model.Precision, model.IsWhole, model.Bytes));
        Assert.Equal(["main"], model.Revisions);
        Assert.InRange(model.LastUsed, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task A_look_at_the_list_is_no_use()
    {
        var folder = (await Pull()).Folder;
        var day = new DateTime(2024, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Model, "blobs")))
            File.SetLastAccessTimeUtc(file, day);

        Assert.Equal(day, (await Only()).LastUsed.UtcDateTime);
        Assert.Equal(day, (await Only()).LastUsed.UtcDateTime);
        File.SetLastAccessTimeUtc(Directory.EnumerateFiles(Path.Combine(Model, "blobs")).First(), day.AddDays(1));
        Assert.Equal(day.AddDays(1), (await Only()).LastUsed.UtcDateTime);
        Assert.True(Directory.Exists(folder));
    }

    [Fact]
    public async Task A_model_that_is_not_whole_counts_what_has_come()
    {
        hub.OnBytes = request => hub.Bytes(request) with { CutAfter = request.Range!.Value.From < 1_000_000 ? null : 0 };
        await Assert.ThrowsAsync<HubException>(Pull);
        var model = await Only();

        Assert.Equal(("captioner", null, false), (model.Kind, model.Precision, model.IsWhole));
        Assert.Empty(model.Revisions);
        Assert.InRange(model.Bytes, 1_000_000, 1_200_000);
    }

    [Fact]
    public async Task Models_of_other_kinds_and_folders_that_are_none_are_told_apart()
    {
        cache.Write("models--google--bert/snapshots/abc1234/config.json", """{"model_type": "bert"}""");
        cache.Write("models--google--broken/snapshots/abc1234/config.json", "{");
        cache.Write("models--google--odd/snapshots/abc1234/config.json", """{"sizes": [1]}""");
        cache.Write("models--no-owner/snapshots/abc1234/config.json", """{"model_type": "blip"}""");
        cache.Write("datasets--a--b/snapshots/abc1234/x", "x");
        cache.Write("models--..--x/snapshots/abc1234/config.json", "{}");
        Directory.CreateDirectory(Path.Combine(cache.Path, "models--google--empty"));

        var models = await hub.Open(cache).ListAsync(Token);
        Assert.Equal(["google/bert", "google/broken", "google/odd"], models.Select(model => model.Name));
        Assert.All(models, model => Assert.Null(model.Kind));
        Assert.Empty(await new ModelHub(hub.Options(Path.Combine(cache.Path, "nowhere"))).ListAsync(Token));
    }

    [Fact]
    public async Task All_of_a_model_is_removed_and_nothing_else()
    {
        var pulled = await Pull();
        cache.Write("models--google--bert/snapshots/abc1234/config.json", "{}");
        Assert.Equal(pulled.Bytes + FakeHub.Commit.Length, await hub.Open(cache).RemoveAsync(FakeHub.Name, null, Token));

        Assert.Equal(
            [".locks", "models--google--bert"],
            Directory.EnumerateFileSystemEntries(cache.Path).Select(path => Path.GetFileName(path)).Order());
        Assert.Contains(
            "is not in the cache",
            (await Assert.ThrowsAsync<HubException>(() => hub.Open(cache).RemoveAsync(FakeHub.Name, null, Token))).Message,
            StringComparison.Ordinal);
        Assert.Equal(pulled.Bytes, (await Pull()).DownloadedBytes);
    }

    /// <summary>Blobs that the other commit has, too, stay; files outside stay, too.</summary>
    [Fact]
    public async Task A_revision_takes_its_own_files_alone()
    {
        var first = await Pull();
        var outside = cache.Write("outside.txt", "mine");
        File.CreateSymbolicLink(Path.Combine(first.Folder, "link.txt"), outside);
        hub.CommitNow = new string('c', 40);
        hub.Files["model.safetensors"] = [.. hub.Files["model.safetensors"], .. new byte[8]];
        var second = await Pull();

        var weights = new FileInfo(Path.Combine(first.Folder, "model.safetensors")).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        var freed = await hub.Open(cache).RemoveAsync(FakeHub.Name, FakeHub.Commit, Token);

        Assert.Equal(hub.Files["model.safetensors"].Length - 8, freed);
        Assert.False(File.Exists(weights));
        Assert.True(File.Exists(outside));
        Assert.False(Directory.Exists(first.Folder));
        Assert.All(second.Files, file => Assert.Equal(hub.Files[file], File.ReadAllBytes(Path.Combine(second.Folder, file))));
        Assert.Equal(hub.CommitNow, File.ReadAllText(Path.Combine(Model, "refs", "main")));

        Assert.Contains(
            "no refs/v9", (await Assert.ThrowsAsync<HubException>(() => hub.Open(cache).RemoveAsync(FakeHub.Name, "v9", Token))).Message,
            StringComparison.Ordinal);
        await hub.Open(cache).RemoveAsync(FakeHub.Name, "main", Token);
        Assert.False(Directory.Exists(Model));
    }

    [Fact]
    public async Task What_is_being_downloaded_is_not_removed()
    {
        await Pull();
        using (HubLock.Try(Path.Combine(cache.Path, ".locks", "models--Salesforce--blip-tiny", $"{hub.Tag("model.safetensors")}.lock")))
            Assert.Contains(
                "being downloaded by another process",
                (await Assert.ThrowsAsync<HubException>(() => hub.Open(cache).RemoveAsync(FakeHub.Name, null, Token))).Message,
                StringComparison.Ordinal);
        Assert.NotNull(hub.Open(cache).Find(FakeHub.Name));
    }
}
