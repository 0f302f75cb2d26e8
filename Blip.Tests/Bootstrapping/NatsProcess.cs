using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Blip.Tests.Bootstrapping;

/// <summary>A nats-server with JetStream of a test's own: on loopback, with a free port and a store that is deleted with it.</summary>
internal sealed class NatsProcess : IDisposable
{
    private readonly TemporaryFolder store = new();
    private readonly int port = FreePort();
    private Process? process;

    public string Url => $"nats://127.0.0.1:{port}";

    /// <summary>Starts one, or skips the test where there is none.</summary>
    public static async Task<NatsProcess> StartAsync()
    {
        Assert.SkipUnless(Programs.OnPath("nats-server"), "no nats-server on this machine (Debian: apt install nats-server)");
        var server = new NatsProcess();
        try
        {
            await server.RunAsync();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public async Task RunAsync()
    {
        string[] arguments = ["-js", "-sd", store.Path, "-a", "127.0.0.1", "-p", $"{port}", "-l", Path.Combine(store.Path, "log")];
        process = Process.Start(new ProcessStartInfo(Programs.Find("nats-server")!, arguments))!;
        for (var begin = Stopwatch.GetTimestamp(); !await AnswersAsync();)
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(30))
            {
                var log = string.Concat(Directory.GetFiles(store.Path, "log").Select(File.ReadAllText));
                Assert.Fail($"nats-server did not start, and wrote: {log}");
            }
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends it by a signal: <c>TERM</c> or <c>KILL</c>.</summary>
    public async Task EndAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process!.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.Dispose();
        process = null;
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }
        process?.Dispose();
        store.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
