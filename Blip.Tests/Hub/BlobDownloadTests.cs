using Blip.Runtime.Hub;

namespace Blip.Tests.Hub;

/// <summary>Connections that break, servers that do not know ranges, and files that differ from the promised ones.</summary>
public sealed class BlobDownloadTests : IDisposable
{
    private const string Weights = "model.safetensors";
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder cache = new();
    private readonly List<HubProgress> told = [];

    public void Dispose()
    {
        hub.Dispose();
        cache.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Blob => Path.Combine(cache.Path, "models--Salesforce--blip-tiny", "blobs", hub.Tag(Weights));

    private string Unfinished => Blob + ".incomplete";

    private byte[] Whole => hub.Files[Weights];

    private async Task<PulledModel> Pull(ModelHubOptions? options = null)
    {
        var model = await new ModelHub(options ?? hub.Options(cache.Path)).PullAsync(
            FakeHub.Name, null, new ModelHubTests.Told(told), Token);
        Assert.Equal(Whole, await File.ReadAllBytesAsync(Path.Combine(model.Folder, Weights), Token));
        Assert.False(File.Exists(Unfinished));
        return model;
    }

    private async Task<string> Refused(ModelHubOptions? options = null) =>
        (await Assert.ThrowsAsync<HubException>(() => new ModelHub(options ?? hub.Options(cache.Path)).PullAsync(
            FakeHub.Name, null, new ModelHubTests.Told(told), Token))).Message;

    // Bytes of the files that come beside the weights.
    private long Beside() => new[] { "config.json", "preprocessor_config.json", "vocab.txt" }.Sum(file => hub.Files[file].Length);

    // An answer that claims more than it sends.
    private FakeAnswer Short(FakeRequest request) =>
        hub.Bytes(request) is var whole ? whole with { Body = whole.Body[..^100], Length = whole.Body.Length } : whole;

    /// <summary>The beginning of the weights, as an earlier run of this program or of another one left it.</summary>
    private void Begun(byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Unfinished)!);
        File.WriteAllBytes(Unfinished, bytes);
    }

    [Fact]
    public async Task Connections_that_break_are_gone_on_with_where_they_broke()
    {
        var count = 0;
        hub.OnBytes = request => Interlocked.Increment(ref count) % 2 == 1 ? hub.Bytes(request) with { CutAfter = 5000 } : null;
        await Pull();

        var starts = hub.BytesServer.Requests.Select(request => request.Range!.Value.From).ToList();
        Assert.Contains(starts, start => start % 16_384 == 5000);
        Assert.Equal(starts.Count, starts.Distinct().Count());
        Assert.Contains(told, step => step.Notice?.Contains("broke", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task What_is_left_of_an_earlier_run_is_not_downloaded_again()
    {
        Begun(Whole[..200_001]);
        var model = await Pull();

        Assert.Equal(200_001, hub.BytesServer.Requests.Min(request => request.Range!.Value.From));
        Assert.Equal(model.Bytes - 200_001, model.DownloadedBytes);
        Assert.Equal(200_001, told[^1].EarlierBytes);
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_gives_the_whole()
    {
        hub.OnBytes = _ => new FakeAnswer(200, Whole);
        await Pull();
    }

    /// <summary>Each answer begins at the beginning: bytes that are here are passed over.</summary>
    [Fact]
    public async Task Without_ranges_a_broken_connection_is_gone_on_with_all_the_same()
    {
        Begun(Whole[..10_000]);
        var cut = 0;
        hub.OnBytes = _ => new FakeAnswer(200, Whole) { CutAfter = (cut += 110_000) < Whole.Length ? cut : null };
        Assert.Equal(Whole.Length - 10_000, (await Pull()).DownloadedBytes - Beside());
    }

    [Fact]
    public async Task What_is_left_of_another_file_is_noticed_by_the_hash_and_thrown_away()
    {
        Begun(FakeHub.Content(100_000, seed: 9));
        await Pull();
        Assert.Contains(told, step => step.Notice?.Contains("damaged", StringComparison.Ordinal) == true);
        Assert.Equal((told[^1].TotalBytes, 0), (told[^1].Bytes, told[^1].EarlierBytes));
    }

    [Fact]
    public async Task What_is_left_and_too_long_is_thrown_away()
    {
        Begun(FakeHub.Content(Whole.Length + 1));
        await Pull();
    }

    [Fact]
    public async Task A_file_with_another_hash_is_refused_and_not_kept()
    {
        hub.OnBytes = request => request.Range is { From: 0 } && hub.Bytes(request) is var answer
            ? answer with { Body = [.. answer.Body.Select(_ => (byte)7)] }
            : null;

        Assert.Contains($"its hash is not {hub.Tag(Weights)}", await Refused(), StringComparison.Ordinal);
        Assert.False(File.Exists(Blob));
        Assert.False(File.Exists(Unfinished));
        Assert.Null(hub.Open(cache).Find(FakeHub.Name));
    }

    [Fact]
    public async Task A_small_file_with_another_hash_is_refused_too()
    {
        var right = hub.Files["vocab.txt"];
        hub.OnHub = request => request.Path.EndsWith("vocab.txt", StringComparison.Ordinal)
            ? new FakeAnswer(200, [.. right.Reverse()], ("ETag", $"\"{FakeHub.GitSha1(right)}\""))
            : null;

        Assert.Contains("vocab.txt came, and is not what the hub describes", await Refused(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_length_that_contradicts_the_hub_is_an_error(bool longer)
    {
        hub.OnBytes = request => hub.Bytes(request).With(
            "Content-Range", $"bytes {request.Range!.Value.From}-{request.Range.Value.To}/{Whole.Length + (longer ? 1 : -1)}");
        Assert.Contains(
            $"has {Weights} with {Whole.Length + (longer ? 1 : -1)} bytes, and the hub with {Whole.Length}", await Refused(),
            StringComparison.Ordinal);
    }

    /// <summary>An answer that claims more than it sends is a connection that broke.</summary>
    [Fact]
    public async Task A_claimed_length_that_never_comes_is_asked_for_again()
    {
        var tries = 0;
        hub.OnBytes = Short;
        Assert.Contains("What has come is kept", await Refused(), StringComparison.Ordinal);
        hub.OnBytes = request => tries++ == 0 ? Short(request) : null;
        await Pull();
    }

    [Fact]
    public async Task Another_part_than_was_asked_for_is_not_taken()
    {
        hub.OnBytes = request => hub.Bytes(request).With("Content-Range", $"bytes 1-2/{Whole.Length}");
        Assert.Contains("another part", await Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_address_that_has_ended_is_asked_for_anew()
    {
        var refused = 0;
        hub.OnBytes = request => Interlocked.Increment(ref refused) == 3 ? new FakeAnswer(403, []) : null;
        await Pull();
        var heads = hub.HubServer.Requests.Where(request => request.Method == "HEAD");
        Assert.Equal(2, heads.Count(request => request.Path.EndsWith(Weights, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_and_a_long_wait_is_told()
    {
        var count = 0;
        hub.OnBytes = request => Interlocked.Increment(ref count) switch
        {
            1 => new FakeAnswer(500, []),
            2 => new FakeAnswer(429, [], ("Retry-After", "0")),
            _ => null,
        };
        await Pull();
        Assert.Contains(told, step => step.Notice?.Contains("429", StringComparison.Ordinal) == true);

        hub.OnHub = _ => new FakeAnswer(429, [], ("RateLimit", "\"api\";r=0;t=3000"));
        Assert.Contains("too many requests from here (429), and asks to wait 50 minutes", await Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_falls_silent_counts_as_broken()
    {
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 100, Pause = TimeSpan.FromSeconds(60) };
        var options = hub.Options(cache.Path) with { Silence = TimeSpan.FromMilliseconds(200), Waits = [TimeSpan.Zero] };
        Assert.Contains("nothing came from", await Refused(options), StringComparison.Ordinal);
        Assert.InRange(new FileInfo(Unfinished).Length, 1, 16_384);
        hub.OnBytes = null;
        await Pull();
    }

    [Fact]
    public async Task A_full_disk_is_told_before_and_names_what_is_needed()
    {
        Begun(Whole[..100_000]);
        var message = await Refused(hub.Options(cache.Path) with { FreeBytes = _ => 150_000 });
        Assert.Contains("needs 200 kB more", message, StringComparison.Ordinal);
        Assert.Contains("has 150 kB free", message, StringComparison.Ordinal);
        Assert.Contains("HF_HOME", message, StringComparison.Ordinal);
        Assert.Empty(hub.BytesServer.Requests);
    }

    [Fact]
    public async Task A_download_that_is_cancelled_keeps_what_has_come()
    {
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 1000 };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var progress = new Stopping(stop, 60_000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.Open(cache).PullAsync(FakeHub.Name, null, progress, stop.Token));

        var left = new FileInfo(Unfinished).Length;
        Assert.InRange(left, 1, 200_000);
        // Bytes that came and were not written are taken back.
        Assert.Equal(left, progress.Last!.Bytes - Beside());
        Assert.Equal(Whole[..(int)left], File.ReadAllBytes(Unfinished));
        Assert.Null(hub.Open(cache).Find(FakeHub.Name));
        hub.OnBytes = null;
        await Pull();
        Assert.Equal(left, told[^1].EarlierBytes);
    }

    [Fact]
    public async Task Two_at_once_download_each_file_once()
    {
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 4000 };
        var both = await Task.WhenAll(hub.Open(cache).PullAsync(FakeHub.Name, null, null, Token), Pull());

        Assert.Equal(both[0].Bytes, both.Sum(model => model.DownloadedBytes));
        Assert.Equal(19, hub.BytesServer.Requests.Count);
    }

    /// <summary>Hugging Face's tools lock by the same system call.</summary>
    [Fact]
    public async Task The_lock_is_that_of_other_programs()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/flock"), "there is no flock on this machine");
        var path = Path.Combine(cache.Path, ".locks", "models--a--b", "x.lock");
        using (HubLock.Try(path))
            Assert.Equal(1, await FlockAsync(path));
        Assert.Equal(0, await FlockAsync(path));
    }

    private static async Task<int> FlockAsync(string path)
    {
        using var process = System.Diagnostics.Process.Start("/usr/bin/flock", ["--nonblock", "--exclusive", path, "true"]);
        await process.WaitForExitAsync(Token);
        return process.ExitCode;
    }

    /// <summary>Four connections with one trouble tell it once.</summary>
    [Fact]
    public async Task The_same_trouble_of_several_connections_is_told_once()
    {
        var count = 0;
        hub.OnBytes = _ => Interlocked.Increment(ref count) <= 4 ? new FakeAnswer(503, []) : null;
        await Pull();
        Assert.Single(told, step => step.Notice is not null);
    }

    private sealed class Stopping(CancellationTokenSource stop, long after) : IProgress<HubProgress>
    {
        public HubProgress? Last { get; private set; }

        public void Report(HubProgress value)
        {
            Last = value;
            if (value.Bytes >= after)
                stop.Cancel();
        }
    }
}
