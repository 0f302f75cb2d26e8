using System.Net;
using System.Net.Sockets;
using Blip.Runtime.Hub;

namespace Blip.Tests.Hub;

/// <summary>Refusals become sentences with a way out, and a hub that lies gets nothing.</summary>
public sealed class HubFailureTests : IDisposable
{
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder cache = new();

    public void Dispose()
    {
        hub.Dispose();
        cache.Dispose();
    }

    private async Task Refused(string words, string name = FakeHub.Name, PullOptions? pull = null, string token = "")
    {
        var error = await Assert.ThrowsAsync<HubException>(
            () => new ModelHub(hub.Options(cache.Path) with { Token = token }).PullAsync(
                name, pull, null, TestContext.Current.CancellationToken));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
    }

    private void OnFile(string path, FakeAnswer answer) =>
        hub.OnHub = request => request.Path.EndsWith($"/{path}", StringComparison.Ordinal) ? answer : null;

    [Fact]
    public async Task A_wrong_name_a_wrong_revision_and_a_name_that_cannot_be()
    {
        await Refused("there is no model Salesforce/blip-tinny", "Salesforce/blip-tinny");
        await Refused("for a private one set HF_TOKEN", "Salesforce/blip-tinny");
        await Refused("whether the token in Token may read it", "Salesforce/blip-tinny", token: "hf_secret");
        await Refused("has no revision 'v2'", pull: new PullOptions { Revision = "v2" });
        await Refused("'../x' is no revision", pull: new PullOptions { Revision = "../x" });
        await Refused("'blip' is no name on the Hugging Face hub", "blip");
    }

    [Theory]
    [InlineData(401), InlineData(403)]
    public async Task A_gated_model_tells_where_to_ask(int status)
    {
        OnFile("config.json", new FakeAnswer(status, [], ("X-Error-Code", "GatedRepo")));
        await Refused($"is gated: ask for access at {hub.Endpoint}/{FakeHub.Name}, then set HF_TOKEN");
        await Refused("the token in Token has none yet", token: "hf_secret");
    }

    [Fact]
    public async Task A_token_that_is_not_taken_and_a_closed_model()
    {
        hub.OnHub = _ => new FakeAnswer(401, []);
        await Refused("takes no token such as the one in Token", token: "hf_secret");
        hub.OnHub = _ => new FakeAnswer(403, [], ("X-Error-Code", "DisabledRepo"));
        await Refused("was closed by");
        hub.OnHub = _ => new FakeAnswer(418, []);
        await Refused("answers 418");
    }

    [Fact]
    public async Task A_model_without_weights_and_one_of_another_kind_are_told_before_anything_comes()
    {
        hub.Files["config.json"] = """{"model_type": "bert"}"""u8.ToArray();
        await Refused("'bert'");
        await Refused("Nothing was downloaded");
        hub.Files.Remove("model.safetensors");
        hub.Files.Remove("pytorch_model.bin");
        await Refused("holds no weights that Blip reads");
        hub.Files.Remove("config.json");
        await Refused("has no config.json");
        Assert.Empty(hub.BytesServer.Requests);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.Path));
    }

    [Theory]
    [InlineData("../../x"), InlineData("/etc/x"), InlineData("a/../../x"), InlineData("a//x"), InlineData("./x"), InlineData("a\\..\\x")]
    [InlineData("C:x"), InlineData("a/x\n"), InlineData("..")]
    public async Task A_file_that_would_lie_elsewhere_is_refused(string path)
    {
        hub.Files[path] = [1];
        await Refused("cannot be kept in its folder", pull: new PullOptions { AllFiles = true });
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.Path));
        // Blip reads none of its files.
        Assert.DoesNotContain(
            path, (await hub.Open(cache).PullAsync(FakeHub.Name, null, null, TestContext.Current.CancellationToken)).Files);
    }

    [Theory]
    [InlineData("../../../x"), InlineData(""), InlineData(".."), InlineData(".x"), InlineData("a/b"), InlineData("a b")]
    public async Task A_tag_that_is_no_name_of_a_file_is_refused(string tag)
    {
        OnFile("vocab.txt", new FakeAnswer(200, hub.Files["vocab.txt"], ("ETag", $"\"{tag}\"")));
        await Refused("no usable ETag for vocab.txt");
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.Path));
    }

    [Theory]
    [InlineData("<html>sign in</html>")]
    [InlineData("{}")]
    [InlineData("""{"sha": 1, "siblings": []}""")]
    [InlineData("""{"sha": "82a37760796d32b1411fe092ab5d4e227313294b", "siblings": {}}""")]
    [InlineData("""{"sha": "82a37760796d32b1411fe092ab5d4e227313294b", "siblings": [{"rfilename": 3}]}""")]
    [InlineData("""{"sha": "82a37760796d32b1411fe092ab5d4e227313294b", "siblings": ["\ud800"]}""")]
    public async Task A_list_that_is_none_is_refused(string json)
    {
        hub.Listing = () => json;
        await Refused("does not answer as a hub does");
    }

    [Fact]
    public async Task A_commit_that_is_a_path_and_a_list_without_end_are_refused()
    {
        hub.Listing = () => """{"sha": "../../../../x", "siblings": []}""";
        await Refused("gives the commit '../../../../x', which is none");
        hub.Listing = () => new string(' ', 17 << 20);
        await Refused("answers with more than 17 MB");
    }

    [Fact]
    public async Task A_length_that_is_not_told_and_one_that_cannot_be_are_refused()
    {
        hub.OnHub = request => request.Path.EndsWith("/model.safetensors", StringComparison.Ordinal)
            ? new FakeAnswer(
                302, [], ("X-Linked-Etag", "\"abc\""), ("Location", "http://127.0.0.1:1/x"), ("X-Linked-Size", "9223372036854775807"))
            : null;
        await Refused("no model's file is so large");
        hub.OnHub = request => request.Path.EndsWith("/model.safetensors", StringComparison.Ordinal)
            ? new FakeAnswer(302, [], ("X-Linked-Etag", "\"abc\""), ("Location", "http://127.0.0.1:1/x"), ("X-Linked-Size", "-5"))
            : null;
        await Refused("does not say how long model.safetensors is");
    }

    [Fact]
    public void Redirects_never_leave_encryption_or_the_web()
    {
        var hub = new Uri("https://huggingface.co/a/b");
        Assert.Equal("https://cdn.example/x", HubClient.Follow(hub, new Uri("https://cdn.example/x")).ToString());
        Assert.Equal("https://huggingface.co/c", HubClient.Follow(hub, new Uri("/c", UriKind.Relative)).ToString());
        Assert.Contains(
            "from https to http", Assert.Throws<HubException>(() => HubClient.Follow(hub, new Uri("http://cdn.example/x"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "leads to file:", Assert.Throws<HubException>(() => HubClient.Follow(hub, new Uri("file:///etc/passwd"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirects_without_an_end_end()
    {
        hub.OnHub = request => new FakeAnswer(302, [], ("Location", request.Target));
        await Refused("without an end");
    }

    /// <summary>A model that has a new name answers with a redirect within the hub.</summary>
    [Fact]
    public async Task A_renamed_model_is_followed()
    {
        hub.OnHub = request => request.Target.Contains("old/name", StringComparison.Ordinal)
            ? new FakeAnswer(307, [], ("Location", request.Target.Replace("old/name", FakeHub.Name, StringComparison.Ordinal)))
            : null;
        var model = await new ModelHub(hub.Options(cache.Path)).PullAsync("old/name", null, null, TestContext.Current.CancellationToken);
        Assert.EndsWith(Path.Combine("models--old--name", "snapshots", FakeHub.Commit), model.Folder, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_connection_and_no_such_host_are_told()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        async Task<string> Message(string endpoint) => (await Assert.ThrowsAsync<HubException>(() =>
            new ModelHub(hub.Options(cache.Path) with { Endpoint = endpoint }).PullAsync(
                FakeHub.Name, null, null, TestContext.Current.CancellationToken))).Message;

        Assert.Contains($"there is no connection to 127.0.0.1:{port}", await Message($"http://127.0.0.1:{port}"), StringComparison.Ordinal);
        Assert.Contains("hub.invalid is not found: is there a network?", await Message("https://hub.invalid"), StringComparison.Ordinal);
    }
}
