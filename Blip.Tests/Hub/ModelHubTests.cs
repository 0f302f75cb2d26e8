using Blip.Runtime.Checkpoints;
using Blip.Runtime.Hub;

namespace Blip.Tests.Hub;

/// <summary>A download's files in the cache, and its requests to the hub.</summary>
public sealed class ModelHubTests : IDisposable
{
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder cache = new();

    public void Dispose()
    {
        hub.Dispose();
        cache.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string At(params string[] parts) => Path.Combine([cache.Path, "models--Salesforce--blip-tiny", .. parts]);

    private Task<PulledModel> Pull(PullOptions? options = null, IProgress<HubProgress>? progress = null) =>
        hub.Open(cache).PullAsync(FakeHub.Name, options, progress, Token);

    [Fact]
    public async Task The_cache_looks_as_Hugging_Face_tools_leave_it()
    {
        var model = await Pull();

        string[] files = ["config.json", "preprocessor_config.json", "vocab.txt", "model.safetensors"];
        Assert.Equal(files, model.Files);
        Assert.Equal(files.Order(), Names(At("snapshots", FakeHub.Commit)).Order());
        Assert.Equal(files.Select(hub.Tag).Order(), Names(At("blobs")).Order());
        Assert.Equal(FakeHub.Commit, File.ReadAllText(At("refs", "main")));
        foreach (var file in files)
        {
            var link = At("snapshots", FakeHub.Commit, file);
            Assert.Equal($"../../blobs/{hub.Tag(file)}", new FileInfo(link).LinkTarget);
            Assert.Equal(hub.Files[file], File.ReadAllBytes(link));
            Assert.True(File.Exists(Path.Combine(cache.Path, ".locks", "models--Salesforce--blip-tiny", $"{hub.Tag(file)}.lock")));
        }
        Assert.Equal(["blobs", "refs", "snapshots"], Names(At()).Order());
        Assert.Equal((FakeHub.Commit, At("snapshots", FakeHub.Commit)), (model.Commit, model.Folder));
        Assert.Equal(files.Sum(file => hub.Files[file].Length), model.Bytes);
        Assert.Equal(model.Bytes, model.DownloadedBytes);
        Assert.Equal(model.Folder, new HubCache(cache.Path).Find(FakeHub.Name));
    }

    [Fact]
    public async Task What_is_there_is_not_asked_for_again()
    {
        await Pull();
        var before = hub.AllRequests.Count();
        var again = await Pull();

        Assert.Equal(0, again.DownloadedBytes);
        Assert.Equal(1, hub.AllRequests.Count() - before);
    }

    [Fact]
    public async Task Weights_come_over_several_connections_from_the_other_host_without_the_token()
    {
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 4096 };
        var model = await new ModelHub(hub.Options(cache.Path) with { Token = "hf_secret", Connections = 3 }).PullAsync(
            FakeHub.Name, null, null, Token);

        Assert.Equal(3, hub.BytesServer.MostAtOnce);
        Assert.All(hub.HubServer.Requests, request => Assert.Equal("Bearer hf_secret", request.Header("authorization")));
        Assert.All(hub.BytesServer.Requests, request => Assert.Null(request.Header("authorization")));
        Assert.Equal(hub.Files["model.safetensors"], File.ReadAllBytes(Path.Combine(model.Folder, "model.safetensors")));
        Assert.All(hub.AllRequests, request => Assert.StartsWith("blip/", request.Header("user-agent"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_revision_is_a_branch_with_slashes_or_a_commit()
    {
        hub.Branch = "refs/pr/1";
        await Pull(new PullOptions { Revision = "refs/pr/1" });
        Assert.Equal(FakeHub.Commit, File.ReadAllText(At("refs", "refs", "pr", "1")));
        Directory.Delete(At("refs"), recursive: true);

        Assert.Equal(FakeHub.Commit, (await Pull(new PullOptions { Revision = FakeHub.Commit })).Commit);
        Assert.False(Directory.Exists(At("refs")));
        Assert.NotNull(hub.Open(cache).Find(FakeHub.Name, FakeHub.Commit));
    }

    [Fact]
    public async Task All_files_come_on_request_in_their_folders()
    {
        hub.Files["onnx/model.onnx"] = FakeHub.Content(100);
        var model = await Pull(new PullOptions { AllFiles = true });

        Assert.Equal(hub.Files.Keys.Order(), model.Files.Order());
        var link = At("snapshots", FakeHub.Commit, "onnx", "model.onnx");
        Assert.Equal($"../../../blobs/{hub.Tag("onnx/model.onnx")}", new FileInfo(link).LinkTarget);
        Assert.Equal(hub.Files["onnx/model.onnx"], File.ReadAllBytes(link));
    }

    [Theory]
    [InlineData("pytorch_model.bin", "pytorch_model.bin", "pytorch_model.bin")]
    [InlineData("model.safetensors pytorch_model.bin", "model.safetensors", "model.safetensors")]
    [InlineData(
        "model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors other-00001-of-00002.safetensors",
        "model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json", "shards")]
    [InlineData("blip.pth", "blip.pth", "the only one")]
    public async Task Safetensors_go_first_and_shards_come_with_their_index(string there, string wanted, string why)
    {
        hub.Files.Remove("model.safetensors");
        hub.Files.Remove("pytorch_model.bin");
        foreach (var (i, file) in there.Split(' ').Index())
            hub.Files[file] = FakeHub.Content(500, i);
        var model = await Pull();

        var weights = model.Files.Except(["config.json", "preprocessor_config.json", "vocab.txt"]).Order(StringComparer.Ordinal);
        Assert.True(weights.SequenceEqual(wanted.Split(' ').Order(StringComparer.Ordinal)), why);
    }

    [Fact]
    public async Task Where_links_cannot_be_made_the_snapshot_holds_the_files()
    {
        var files = new ModelHub(hub.Options(cache.Path) with { Links = false });
        var model = await files.PullAsync(FakeHub.Name, null, null, Token);
        foreach (var file in model.Files)
        {
            Assert.Null(new FileInfo(Path.Combine(model.Folder, file)).LinkTarget);
            Assert.Equal(hub.Files[file], File.ReadAllBytes(Path.Combine(model.Folder, file)));
        }
        Assert.Empty(Names(At("blobs")));
        Assert.Equal(0, (await files.PullAsync(FakeHub.Name, null, null, Token)).DownloadedBytes);
    }

    /// <summary>Users of the older commit keep it until the newer one is whole.</summary>
    [Fact]
    public async Task A_newer_commit_takes_the_name_when_it_is_whole_and_shares_what_is_the_same()
    {
        await Pull();
        hub.CommitNow = new string('b', 40);
        hub.Files["model.safetensors"] = FakeHub.Content(200_000, seed: 2);
        hub.OnBytes = _ => new FakeAnswer(500, []);
        await Assert.ThrowsAsync<HubException>(() => Pull());
        Assert.Equal(FakeHub.Commit, File.ReadAllText(At("refs", "main")));

        hub.OnBytes = null;
        var model = await Pull();
        Assert.Equal(hub.CommitNow, File.ReadAllText(At("refs", "main")));
        Assert.Equal(200_000, model.DownloadedBytes);
        Assert.Equal(5, Names(At("blobs")).Count());
    }

    [Fact]
    public async Task Progress_counts_to_the_end()
    {
        var all = new List<HubProgress>();
        var model = await Pull(progress: new Told(all));

        Assert.Equal(all.Select(told => told.Bytes).Order(), all.Select(told => told.Bytes));
        Assert.Equal(
            (model.Bytes, model.Bytes, 0, "model.safetensors"), (all[^1].Bytes, all[^1].TotalBytes, all[^1].EarlierBytes, all[^1].File));
    }

    [Fact]
    public async Task Offline_the_network_is_left_alone()
    {
        var offline = new ModelHub(hub.Options(cache.Path) with { Offline = true });
        Assert.Contains(
            "not in the cache", (await Assert.ThrowsAsync<HubException>(() => offline.PullAsync(FakeHub.Name, null, null, Token))).Message,
            StringComparison.Ordinal);
        Assert.Empty(hub.AllRequests);

        var model = await Pull();
        var before = hub.AllRequests.Count();
        var found = await offline.PullAsync(FakeHub.Name, null, null, Token);
        Assert.Equal((model.Folder, model.Commit, 0), (found.Folder, found.Commit, found.DownloadedBytes));
        Assert.Equal(before, hub.AllRequests.Count());
    }

    [Fact]
    public async Task A_model_is_found_where_it_is_whole_alone()
    {
        Assert.Null(hub.Open(cache).Find(FakeHub.Name));
        var model = await Pull();
        Assert.Equal(model.Folder, hub.Open(cache).Find(FakeHub.Name));
        File.Delete(Path.Combine(model.Folder, "model.safetensors"));
        Assert.Null(hub.Open(cache).Find(FakeHub.Name));
    }

    private static IEnumerable<string> Names(string folder) =>
        Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry));

    internal sealed class Told(List<HubProgress> all) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => all.Add(value);
    }
}
