using System.Diagnostics;
using Blip.Tests.Hub;

namespace Blip.Tests.Cli;

/// <summary>Downloads by processes: signals, kills, several at once, a proxy, a full disk.</summary>
public sealed class PullProcessTests : IDisposable
{
    private const string Weights = "model.safetensors";
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "blip.dll");
    private readonly FakeHub hub = new();
    private readonly TemporaryFolder home = new();

    public PullProcessTests() => hub.Files[Weights] = FakeHub.Content(20_000_000);

    public void Dispose()
    {
        hub.Dispose();
        home.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Model => Path.Combine(home.Path, "hub", "models--Salesforce--blip-tiny");

    private string Unfinished => Path.Combine(Model, "blobs", hub.Tag(Weights) + ".incomplete");

    private Process Start(params (string Name, string Value)[] variables) => Start(["pull", FakeHub.Name], variables);

    private Process Start(string[] arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in new[] { "HF_TOKEN", "HF_HUB_CACHE", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy" })
            start.Environment.Remove(name);
        start.Environment["HF_HOME"] = home.Path;
        start.Environment["HF_ENDPOINT"] = hub.Endpoint;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task<CliRun> EndAsync(Process process)
    {
        using var _ = process;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
        return new CliRun(process.ExitCode, await output, await error);
    }

    private async Task<long> BegunAsync()
    {
        while (new FileInfo(Unfinished) is not { Exists: true, Length: >= 1_000_000 })
            await Task.Delay(20, Token);
        return new FileInfo(Unfinished).Length;
    }

    private void Slowly() =>
        hub.OnBytes = request => hub.Bytes(request) with { SlowBytes = 100_000, Pause = TimeSpan.FromMilliseconds(20) };

    private async Task EndsWhole(long left)
    {
        var before = hub.BytesServer.Requests.Count;
        hub.OnBytes = null;
        Assert.Equal($"{Path.Combine(Model, "snapshots", FakeHub.Commit)}\n", (await EndAsync(Start())).Succeeded());
        Assert.Equal(hub.Files[Weights], File.ReadAllBytes(Path.Combine(Model, "snapshots", FakeHub.Commit, Weights)));
        Assert.True(hub.BytesServer.Requests.Skip(before).Min(request => request.Range!.Value.From) >= left);
    }

    [Fact]
    public async Task Interrupted_twice_it_goes_on_each_time()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        var left = 0L;
        for (var i = 0; i < 2; i++)
        {
            Slowly();
            var process = Start();
            while (await BegunAsync() <= left)
                await Task.Delay(20, Token);
            using (var kill = Process.Start("kill", $"-INT {process.Id}"))
                await kill.WaitForExitAsync(Token);
            var run = await EndAsync(process);
            Assert.Equal(130, run.ExitCode);
            Assert.Contains("are here, and the same command goes on with them", run.Error, StringComparison.Ordinal);
            Assert.True(new FileInfo(Unfinished).Length > left);
            left = new FileInfo(Unfinished).Length;
            Assert.False(Directory.Exists(Path.Combine(Model, "refs")));
        }
        await EndsWhole(left);
    }

    [Fact]
    public async Task Killed_it_goes_on_with_what_was_written()
    {
        Slowly();
        var process = Start();
        var left = await BegunAsync();
        process.Kill();
        await EndAsync(process);
        await EndsWhole(left);
    }

    [Fact]
    public async Task Two_processes_download_it_once()
    {
        Slowly();
        var first = Start();
        await BegunAsync();
        var second = Start();
        Assert.Equal($"blip: another process is downloading {Weights}: waiting for it", await second.StandardError.ReadLineAsync(Token));
        hub.OnBytes = null;
        var runs = await Task.WhenAll(EndAsync(first), EndAsync(second));

        Assert.All(runs, run => run.Succeeded());
        Assert.Equal(5, hub.BytesServer.Requests.Count);
    }

    [Fact]
    public async Task A_server_downloads_first_where_it_may()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        hub.Files.Clear();
        foreach (var file in Directory.EnumerateFiles(Demo.Model))
            hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        using var process = Start(["serve", "--model", FakeHub.Name, "--download", "--device", "cpu", "--port", "0"]);
        var lines = new List<string>();
        while (!lines.Exists(line => line.Contains("serving on", StringComparison.Ordinal))
            && await process.StandardError.ReadLineAsync(Token) is { } line)
            lines.Add(line);
        using (var kill = Process.Start("kill", $"-TERM {process.Id}"))
            await kill.WaitForExitAsync(Token);
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Contains(lines, line => line.StartsWith($"blip: {FakeHub.Name} is here: ", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(Model, "snapshots", FakeHub.Commit, Weights)));
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>Only the proxy knows the way to a host of this name.</summary>
    [Fact]
    public async Task A_proxy_is_asked_for_the_hub_and_for_the_bytes()
    {
        hub.Files[Weights] = FakeHub.Content(50_000);
        var (endpoint, bytes) = ("http://hub.invalid", "http://bytes.invalid");
        using var proxy = new FakeServer(request => Forward(request));
        FakeAnswer Forward(FakeRequest request)
        {
            var address = new Uri(request.Target);
            var forwarded = request with { Target = address.PathAndQuery };
            var answer = address.Host == "hub.invalid" ? hub.HubServer.Answer(forwarded) : hub.Bytes(forwarded);
            return answer.Headers.FirstOrDefault(header => header.Name == "Location").Value is { } location
                ? answer.With("Location", location.Replace($"http://{hub.BytesServer.Host}", bytes, StringComparison.Ordinal))
                : answer;
        }

        var run = await EndAsync(Start(("HF_ENDPOINT", endpoint), ("http_proxy", $"http://{proxy.Host}")));

        run.Succeeded();
        Assert.Contains(proxy.Requests, request => request.Target.StartsWith($"{endpoint}/api/models/", StringComparison.Ordinal));
        Assert.Contains(proxy.Requests, request => request.Target.StartsWith($"{bytes}/{Weights}", StringComparison.Ordinal));
        Assert.Empty(hub.AllRequests);

        using var locked = new FakeServer(_ => new FakeAnswer(407, []));
        run = await EndAsync(Start(("HF_ENDPOINT", endpoint), ("http_proxy", $"http://{locked.Host}")));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("the proxy asks for a name and a password", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full_in_the_middle_is_told_and_what_came_stays()
    {
        Assert.SkipUnless(File.Exists("/bin/bash") && OperatingSystem.IsLinux(), "files are limited by bash's ulimit");
        using var process = Process.Start(new ProcessStartInfo(
            "/bin/bash", ["-c", "trap '' XFSZ; ulimit -f 5000; exec dotnet \"$0\" pull \"$1\"", Program, FakeHub.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0", ["HF_HOME"] = home.Path, ["HF_ENDPOINT"] = hub.Endpoint },
        })!;
        var run = await EndAsync(process);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.EndsWith(
            $"blip: {Weights} cannot be written into '{Path.Combine(home.Path, "hub")}': the file system takes no file of that length. "
            + "HF_HOME names another folder.\n",
            run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        await EndsWhole(new FileInfo(Unfinished).Length);
    }
}
