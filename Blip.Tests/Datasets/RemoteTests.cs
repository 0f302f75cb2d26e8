using System.Formats.Tar;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Blip.Datasets;
using Blip.Datasets.Remote;

namespace Blip.Tests.Datasets;

public sealed class RemoteTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly IReadOnlyList<TimeSpan> waits = HttpCopy.Waits;

    public RemoteTests() => HttpCopy.Waits = [.. waits.Select(_ => TimeSpan.FromMilliseconds(5))];

    public void Dispose()
    {
        HttpCopy.Waits = waits;
        folder.Dispose();
    }

    private DatasetOptions Options => new() { ScratchFolder = Path.Combine(folder.Path, "scratch"), AllowCommands = true };

    private static byte[] Tar => Shards.Tar(TarEntryFormat.Ustar, ("a.jpg", Shards.Jpeg("a")), ("a.txt", Encoding.UTF8.GetBytes("a dog")));

    [Fact]
    public async Task Shards_come_over_the_network_and_their_names_hold_no_secrets()
    {
        using var server = new Server(_ => Answer("200 OK", Tar));

        var shard = Assert.Single(Dataset.Open([$"http://me:secret@{server.Host}/in/00.tar?signature=secret"], Options));
        var sample = Assert.Single(await Shards.ReadAsync(shard));

        Assert.Equal($"http://{server.Host}/in/00.tar", shard.Name);
        Assert.Equal(("a", "a dog"), (sample.Key, Assert.Single(sample.Texts)));
        Assert.Contains("GET /in/00.tar?signature=secret", server.Requests[0], StringComparison.Ordinal);
        Assert.Contains($"Basic {Convert.ToBase64String("me:secret"u8)}", server.Requests[0], StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://[")]
    [InlineData("nowhere://x/y")]
    public async Task An_address_that_leads_nowhere_is_an_error_of_its_shard(string location)
    {
        using var server = new Server(_ => Encoding.ASCII.GetBytes(
            $"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

        var shard = Assert.Single(Dataset.Open([$"http://{server.Host}/00.tar"], Options));
        var error = await Assert.ThrowsAsync<DatasetException>(() => Shards.ReadAsync(shard));

        Assert.Contains("/00.tar", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_come_over_the_network_too()
    {
        using var server = new Server(_ => Answer("200 OK", "[{\"image\": \"/x/a.jpg\", \"caption\": \"a dog\"}]"u8.ToArray()));

        var sample = Assert.Single(await Shards.ReadAsync($"http://{server.Host}/list.json", Options));

        Assert.Equal("/x/a.jpg", sample.Image!.Path);
    }

    [Fact]
    public async Task What_breaks_off_is_asked_for_again()
    {
        using var server = new Server(tries => tries switch
        {
            0 => Answer("503 Busy", []),
            1 => Answer("200 OK", Tar)[..^100],
            2 => [],
            _ => Answer("200 OK", Tar),
        });

        Assert.Single(await Shards.ReadAsync($"http://{server.Host}/00.tar", Options));

        Assert.Equal(4, server.Requests.Count);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task What_always_breaks_off_is_told()
    {
        using var server = new Server(_ => Answer("200 OK", Tar)[..^100]);

        var exception = await Assert.ThrowsAsync<DatasetException>(
            () => Shards.ReadAsync($"http://{server.Host}/00.tar?s=secret", Options));

        Assert.StartsWith($"http://{server.Host}/00.tar: the copy broke off", exception.Message, StringComparison.Ordinal);
        Assert.Contains("4 tries", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_refusal_is_told_at_once()
    {
        using var server = new Server(_ => Answer("404 Not Found", []));

        var exception = await Assert.ThrowsAsync<DatasetException>(() => Shards.ReadAsync($"http://{server.Host}/00.tar", Options));

        Assert.Contains("404 Not Found", exception.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_message_about_the_copy_names_the_address()
    {
        using var server = new Server(_ => Answer("200 OK", Encoding.ASCII.GetBytes(new string('x', 2000))));

        var exception = await Assert.ThrowsAsync<DatasetException>(() => Shards.ReadAsync($"http://{server.Host}/00.tar", Options));

        Assert.StartsWith($"http://{server.Host}/00.tar: this is no tar", exception.Message, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Reading_may_end_early()
    {
        using var server = new Server(_ => Answer("200 OK", Tar));

        await foreach (var _ in Dataset.Open([$"http://{server.Host}/00.tar"], Options)[0].ReadAsync(TestContext.Current.CancellationToken))
            break;

        AssertNothingIsLeft();
    }

    [Fact]
    public async Task The_output_of_a_command_is_a_tar()
    {
        SkipWithoutShell();
        var path = folder.Write("a.tar", Tar);

        var shard = Assert.Single(Dataset.Open([$"pipe:cat {path}"], Options));

        Assert.Equal($"pipe:cat {path}", shard.Name);
        Assert.Equal("a dog", Assert.Single(await Shards.ReadAsync(shard)).Texts[0]);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_command_that_fails_gives_no_samples()
    {
        SkipWithoutShell();
        var path = folder.Write("a.tar", Tar);

        var shard = Dataset.Open([$"pipe:cat {path}; echo no such bucket >&2; exit 7"], Options)[0];

        await Shards.AssertRefusedAsync("exit code 7: no such bucket", shard);
        AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("while printf x; do :; done")]
    public async Task A_command_that_writes_no_tar_ends_at_its_first_bytes(string command)
    {
        SkipWithoutShell();
        await Shards.AssertRefusedAsync($"pipe:{command}: this is no tar", Dataset.Open([$"pipe:{command}"], Options)[0]);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_command_ends_with_the_reading()
    {
        SkipWithoutShell();
        using var cancel = new CancellationTokenSource(200);
        var shard = Dataset.Open(["pipe:sleep 600"], Options)[0];

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var sample in shard.ReadAsync(cancel.Token))
                Assert.Fail(sample.Key);
        });

        AssertNothingIsLeft();
    }

    [Fact]
    public void Commands_are_for_the_command_line_alone()
    {
        var exception = Assert.Throws<DatasetException>(() => Dataset.Open(["pipe:echo"]));

        Assert.Contains("command line", exception.Message, StringComparison.Ordinal);
    }

    private static void SkipWithoutShell() => Assert.SkipUnless(File.Exists("/bin/sh"), "there is no /bin/sh on this machine");

    private void AssertNothingIsLeft() => Assert.Empty(Directory.EnumerateFileSystemEntries(Options.ScratchFolder!));

    private static byte[] Answer(string status, byte[] body) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), .. body];

    /// <summary>A server that sends any bytes, also wrong ones: HttpListener does not break off.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly Task serving;

        public Server(Func<int, byte[]> answer)
        {
            listener.Start();
            serving = ServeAsync(answer);
        }

        public string Host => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

        public List<string> Requests { get; } = [];

        public void Dispose()
        {
            listener.Stop();
            serving.Wait(TimeSpan.FromSeconds(10), CancellationToken.None);
        }

        private async Task ServeAsync(Func<int, byte[]> answer)
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    var (request, buffer) = ("", new byte[4096]);
                    while (!request.Contains("\r\n\r\n", StringComparison.Ordinal))
                        request += Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
                    Requests.Add(request);
                    await stream.WriteAsync(answer(Requests.Count - 1));
                }
            }
            // A listener that was stopped between two requests says InvalidOperationException.
            catch (Exception exception) when (exception is SocketException or InvalidOperationException)
            {
                // The test is over.
            }
        }
    }
}
