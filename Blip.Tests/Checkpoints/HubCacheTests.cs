using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

public class HubCacheTests
{
    private const string Name = "Salesforce/blip-image-captioning-base";
    private const string Commit = "82a37760796d32b1411fe092ab5d4e227313294b";

    [Fact]
    public void A_downloaded_model_is_found_through_its_reference_and_links()
    {
        using var folder = new TemporaryFolder();
        var cache = Fill(folder);
        var source = ModelSource.Resolve(Name, cache);
        Assert.Equal(Name, source.Name);
        Assert.EndsWith(Commit, source.Folder);
        using var checkpoint = source.OpenCheckpoint(BlipHead.Captioning);
        Assert.True(checkpoint.HasTiedOutput);
    }

    [Fact]
    public void A_model_that_is_not_there_is_named_with_the_command_to_get_it()
    {
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<CheckpointException>(() => ModelSource.Resolve(Name, new HubCache(folder.Path)));
        Assert.Contains($"blip pull {Name}", error.Message);
        var cache = Fill(folder);
        Directory.Delete(Path.Combine(folder.Path, "models--Salesforce--blip-image-captioning-base", "snapshots"), recursive: true);
        error = Assert.Throws<CheckpointException>(() => ModelSource.Resolve(Name, cache));
        Assert.Contains($"blip pull {Name}", error.Message);
    }

    [Fact]
    public void A_revision_is_a_branch_a_tag_or_a_commit()
    {
        using var folder = new TemporaryFolder();
        var cache = Fill(folder);
        var model = Path.Combine(folder.Path, "models--Salesforce--blip-image-captioning-base");
        folder.Write("models--Salesforce--blip-image-captioning-base/refs/pr/1", "abc123");
        Directory.CreateDirectory(Path.Combine(model, "snapshots", "abc123"));

        Assert.EndsWith("abc123", cache.Find(Name, "pr/1"), StringComparison.Ordinal);
        Assert.EndsWith("abc123", cache.Find(Name, "abc123"), StringComparison.Ordinal);
        Assert.EndsWith(Commit, cache.Find(Name), StringComparison.Ordinal);
        Assert.Contains($"blip pull {Name} --revision v2", Assert.Throws<CheckpointException>(() => cache.Find(Name, "v2")).Message,
            StringComparison.Ordinal);
        Assert.Contains("no revision", Assert.Throws<CheckpointException>(() => cache.Find(Name, "../x")).Message,
            StringComparison.Ordinal);
        Assert.Contains("no revision", Assert.Throws<CheckpointException>(() => ModelSource.Resolve("synthetic:seed", cache, "v2")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HUGGINGFACE_HUB_CACHE")]
    [InlineData("TRANSFORMERS_CACHE")]
    public void Older_names_of_the_caches_variable_are_read(string name)
    {
        Assert.Equal("/old", HubCache.FromEnvironment(variable => variable == name ? "/old" : null).Folder);
        Assert.Equal("/new", HubCache.FromEnvironment(
            variable => variable == name ? "/old" : variable == "HF_HUB_CACHE" ? "/new" : null).Folder);
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("")]
    [InlineData("a b")]
    public void A_reference_that_leads_elsewhere_is_refused(string commit)
    {
        using var folder = new TemporaryFolder();
        folder.Write("models--Salesforce--blip-image-captioning-base/refs/main", commit);
        Assert.Contains("names no commit", Assert.Throws<CheckpointException>(() => new HubCache(folder.Path).Find(Name)).Message);
    }

    [Theory]
    [InlineData("Salesforce/blip", true)]
    [InlineData("a/b.c_d-e", true)]
    [InlineData("blip", false)]
    [InlineData("a/b/c", false)]
    [InlineData("../b", false)]
    [InlineData("a/..", false)]
    [InlineData("a/b..c", false)]
    [InlineData("a/b--c", false)]
    [InlineData("/b", false)]
    [InlineData("a/", false)]
    [InlineData("a/b c", false)]
    [InlineData("a\\b/c", false)]
    public void Names_that_could_leave_the_cache_are_none(string name, bool isName)
    {
        Assert.Equal(isName, HubCache.IsName(name));
        if (!isName)
            Assert.Throws<CheckpointException>(() => new HubCache("/nowhere").Find(name));
    }

    [Theory]
    [InlineData("", "/users/me/.cache/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/xdg", "/xdg/huggingface/hub")]
    [InlineData("HF_HOME=/hf;XDG_CACHE_HOME=/xdg", "/hf/hub")]
    [InlineData("HF_HOME=~/hf", "/users/me/hf/hub")]
    [InlineData("HF_HUB_CACHE=/cache;HF_HOME=/hf", "/cache")]
    [InlineData("HF_HUB_CACHE=;HF_HOME=/hf", "/hf/hub")]
    public void The_environment_says_where_it_is(string variables, string expected)
    {
        var environment = variables.Split(';', StringSplitOptions.RemoveEmptyEntries).Append("HOME=/users/me").Select(v => v.Split('='))
            .ToDictionary(v => v[0], v => v[1]);
        Assert.Equal(expected, HubCache.FromEnvironment(environment.GetValueOrDefault).Folder);
    }

    /// <summary>The layout of Hugging Face's tools: snapshots hold links to blobs.</summary>
    private static HubCache Fill(TemporaryFolder folder)
    {
        const string Model = "models--Salesforce--blip-image-captioning-base";
        folder.Write($"{Model}/refs/main", Commit);
        foreach (var (name, golden) in new[] { ("config.json", "config.json"), ("pytorch_model.bin", "float32.bin") })
        {
            folder.Write($"{Model}/blobs/blob-of-{name}", File.ReadAllBytes(Goldens.PathOf(golden)));
            Directory.CreateDirectory(Path.Combine(folder.Path, Model, "snapshots", Commit));
            File.CreateSymbolicLink(
                Path.Combine(folder.Path, Model, "snapshots", Commit, name), Path.Combine("..", "..", "blobs", $"blob-of-{name}"));
        }
        return new HubCache(folder.Path);
    }
}
