using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Blip.Runtime.Hub;

namespace Blip.Tests.Hub;

/// <summary>A hub on loopback as Hugging Face's is: large files lie on another host, behind a signed address.</summary>
internal sealed class FakeHub : IDisposable
{
    public const string Name = "Salesforce/blip-tiny";
    public const string Commit = "82a37760796d32b1411fe092ab5d4e227313294b";

    private readonly FakeServer hub, bytes;

    public FakeHub()
    {
        bytes = new FakeServer(request => OnBytes?.Invoke(request) ?? Bytes(request));
        hub = new FakeServer(request => OnHub?.Invoke(request) ?? Hub(request));
        Files["config.json"] = """{"model_type": "blip", "architectures": ["BlipForConditionalGeneration"]}"""u8.ToArray();
        Files["preprocessor_config.json"] = "{}"u8.ToArray();
        Files["vocab.txt"] = "[PAD]\n"u8.ToArray();
        Files["README.md"] = "# Tiny"u8.ToArray();
        Files["model.safetensors"] = Content(300_000);
        Files["pytorch_model.bin"] = Content(1000);
    }

    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>The branch that names <see cref="Commit"/>; others are not there.</summary>
    public string Branch { get; set; } = "main";

    public string CommitNow { get; set; } = Commit;

    /// <summary>Replaces the hub's answer; null lets it.</summary>
    public Func<FakeRequest, FakeAnswer?>? OnHub { get; set; }

    /// <summary>Replaces the answer of the host of large files; null lets it.</summary>
    public Func<FakeRequest, FakeAnswer?>? OnBytes { get; set; }

    /// <summary>The list of files as it is sent; null for the right one.</summary>
    public Func<string>? Listing { get; set; }

    public FakeServer HubServer => hub;

    public FakeServer BytesServer => bytes;

    public string Endpoint => $"http://{hub.Host}";

    public IEnumerable<FakeRequest> AllRequests => hub.Requests.Concat(bytes.Requests);

    public static byte[] Content(int length, int seed = 1)
    {
        var content = new byte[length];
        new Random(seed).NextBytes(content);
        return content;
    }

    public static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitSha1(byte[] content) => Convert.ToHexStringLower(
        SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));

    public static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".bin" or ".pth";

    /// <summary>The name of a file's blob.</summary>
    public string Tag(string path) => IsLarge(path) ? Sha256(Files[path]) : GitSha1(Files[path]);

    public ModelHubOptions Options(string cache) => new()
    {
        Endpoint = Endpoint,
        CacheFolder = cache,
        Token = "",
        Offline = false,
        PieceBytes = 16_384,
        Waits = [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(5), 4)],
        FirstWaits = [TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(5)],
        Silence = TimeSpan.FromSeconds(20),
    };

    public ModelHub Open(TemporaryFolder cache) => new(Options(cache.Path));

    public FakeAnswer Bytes(FakeRequest request)
    {
        var content = Files[request.Path[1..]];
        if (request.Range is not { } range)
            return new FakeAnswer(200, content);
        var to = Math.Min(range.To, content.Length - 1);
        return new FakeAnswer(206, content[(int)range.From..((int)to + 1)], ("Content-Range", $"bytes {range.From}-{to}/{content.Length}"));
    }

    public void Dispose()
    {
        hub.Dispose();
        bytes.Dispose();
    }

    private FakeAnswer Hub(FakeRequest request)
    {
        var parts = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        return parts switch
        {
            ["api", "models", var owner, var name, "revision", var revision] => List($"{owner}/{name}", revision),
            [_, _, "resolve", var commit, .. var path] when commit == CommitNow && Files.ContainsKey(string.Join('/', path)) =>
                File(string.Join('/', path)),
            [_, _, "resolve", ..] => new FakeAnswer(404, [], ("X-Error-Code", "EntryNotFound")),
            _ => new FakeAnswer(404, []),
        };
    }

    private FakeAnswer List(string name, string revision) =>
        name != Name ? new FakeAnswer(401, [], ("X-Error-Code", "RepoNotFound"))
        : revision != Branch && revision != CommitNow ? new FakeAnswer(404, [], ("X-Error-Code", "RevisionNotFound"))
        : new FakeAnswer(200, Encoding.UTF8.GetBytes(Listing?.Invoke() ?? JsonSerializer.Serialize(new
        {
            id = Name,
            sha = CommitNow,
            siblings = Files.Select(file => new { rfilename = file.Key, size = file.Value.Length }),
        })));

    private FakeAnswer File(string path)
    {
        var content = Files[path];
        return IsLarge(path)
            ? new FakeAnswer(
                302, [], ("X-Repo-Commit", CommitNow), ("X-Linked-Etag", $"\"{Sha256(content)}\""), ("X-Linked-Size", $"{content.Length}"),
                ("ETag", "\"of-the-pointer\""), ("Location", $"http://{bytes.Host}/{path}?X-Amz-Signature=secret"))
            : new FakeAnswer(200, content, ("X-Repo-Commit", CommitNow), ("ETag", $"W/\"{GitSha1(content)}\""));
    }
}
