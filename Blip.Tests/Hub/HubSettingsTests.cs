using Blip.Runtime.Hub;

namespace Blip.Tests.Hub;

/// <summary>The environment's settings of the hub, as Hugging Face's tools read them.</summary>
public sealed class HubSettingsTests
{
    private static HubSettings Settings(ModelHubOptions? options = null, params (string Name, string Value)[] variables) =>
        new(options ?? new ModelHubOptions(), name => variables.FirstOrDefault(variable => variable.Name == name).Value);

    [Fact]
    public void The_endpoint_and_the_cache()
    {
        Assert.Equal("https://huggingface.co/", Settings(null, ("HOME", "/nowhere")).Endpoint.ToString());
        Assert.Equal(
            "https://mirror.example/hf/",
            Settings(null, ("HOME", "/nowhere"), ("HF_ENDPOINT", "https://mirror.example/hf")).Endpoint.ToString());
        Assert.Equal("/cache/hub", Settings(null, ("HF_HOME", "/cache")).Cache.Folder);
        Assert.Equal("/mine", Settings(new ModelHubOptions { CacheFolder = "/mine" }, ("HF_HOME", "/cache")).Cache.Folder);
    }

    [Theory]
    [InlineData("huggingface.co"), InlineData("ftp://huggingface.co"), InlineData("https://me:secret@huggingface.co")]
    [InlineData("https://"), InlineData("https://x/?a=b")]
    public void An_endpoint_that_is_none_is_refused(string endpoint) =>
        Assert.StartsWith(
            $"HF_ENDPOINT is '{endpoint}'",
            Assert.Throws<HubException>(() => Settings(null, ("HOME", "/nowhere"), ("HF_ENDPOINT", endpoint)).Endpoint).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_token_comes_from_the_options_the_environment_or_a_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("token", "hf_file\n");
        var home = ("HF_HOME", folder.Path);

        Assert.Equal(("hf_file", file), (Settings(null, home).Token, Settings(null, home).TokenOrigin));
        Assert.Equal(
            ("hf_new", "HF_TOKEN"),
            (Settings(null, home, ("HF_TOKEN", "hf_new")).Token, Settings(null, home, ("HF_TOKEN", "hf_new")).TokenOrigin));
        Assert.Equal("hf_old", Settings(null, home, ("HUGGING_FACE_HUB_TOKEN", "hf_old")).Token);
        Assert.Equal("hf_mine", Settings(new ModelHubOptions { Token = "hf_mine" }, home, ("HF_TOKEN", "hf_new")).Token);
        Assert.Null(Settings(new ModelHubOptions { Token = "" }, home, ("HF_TOKEN", "hf_new")).Token);
        Assert.Equal("hf_path", Settings(null, home, ("HF_TOKEN_PATH", folder.Write("other", " hf_path "))).Token);
        Assert.Null(Settings(null, ("HF_HOME", "/nowhere")).Token);
    }

    [Fact]
    public void A_token_that_would_end_its_header_is_refused_and_not_shown()
    {
        var error = Assert.Throws<HubException>(() => Settings(null, ("HOME", "/nowhere"), ("HF_TOKEN", "hf_secret\r\nHost: x")).Token);
        Assert.Equal("HF_TOKEN holds no token: it has blanks, line ends or other letters in it.", error.Message);
        Assert.DoesNotContain("hf_secret", new ModelHubOptions { Token = "hf_secret" }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HF_HUB_OFFLINE", "1", true), InlineData("HF_HUB_OFFLINE", "true", true), InlineData("TRANSFORMERS_OFFLINE", "YES", true)]
    [InlineData("HF_HUB_OFFLINE", "0", false), InlineData("HF_HUB_OFFLINE", "", false)]
    public void Offline_is_said_in_several_ways(string name, string value, bool offline)
    {
        Assert.Equal(offline ? name : null, Settings(null, ("HOME", "/nowhere"), (name, value)).OfflineBy);
        Assert.Null(Settings(new ModelHubOptions { Offline = false }, ("HOME", "/nowhere"), (name, value)).OfflineBy);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.Contains(
            "Connections is 0", Assert.Throws<ArgumentException>(() => new ModelHub(new ModelHubOptions { Connections = 0 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Silence is", Assert.Throws<ArgumentException>(() => new ModelHub(new ModelHubOptions { Silence = TimeSpan.Zero })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "CacheFolder is empty", Assert.Throws<ArgumentException>(() => new ModelHub(new ModelHubOptions { CacheFolder = "" })).Message,
            StringComparison.Ordinal);
    }
}
