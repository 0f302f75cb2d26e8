using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Blip.Tests.Server;

namespace Blip.Tests.Cli;

/// <summary><c>blip serve</c> as a shell runs it.</summary>
public sealed partial class ServeCommandTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "blip.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INT"), InlineData("TERM")]
    public async Task A_signal_ends_it_without_an_error(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var process = Start("--model", $"caption={Demo.Model}", "--device", "cpu", "--port", "0");
        var address = await AddressOf(process);
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        await ReadyAsync(client);
        var caption = await RunningServer.Read(
            await client.PostAsync("/caption", RunningServer.Image(await File.ReadAllBytesAsync(Demo.Sample("00.png"), Token)), Token));
        Process.Start("kill", [$"-{signal}", $"{process.Id}"]).WaitForExit();
        var rest = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.Equal("a large white ring on a cyan background", caption.GetProperty("results")[0].GetProperty("caption").GetString());
        Assert.StartsWith("http://127.0.0.1:", address, StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("finishing what runs", rest, StringComparison.Ordinal);
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync(Token));
    }

    /// <summary>Kestrel logs a stack trace when the reading of a body is cancelled.</summary>
    [Theory]
    [InlineData("image/png", "x"), InlineData("application/json", "{")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\nx")]
    public async Task An_upload_that_stalls_is_answered_at_the_end_and_leaves_no_stack_trace(string type, string start)
    {
        if (type != "image/png")
            FullRun.Only();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var process = Start("--model", $"caption={Demo.Model}", "--device", "cpu", "--port", "0", "--shutdown-timeout", "1");
        var address = new Uri(await AddressOf(process));
        using var client = new HttpClient { BaseAddress = address };
        await ReadyAsync(client);
        using var upload = new TcpClient(address.Host, address.Port);
        await using var stream = upload.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(
            $"POST /caption HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 100000\r\n\r\n{start}"), Token);
        await Task.Delay(300, Token);
        Process.Start("kill", ["-TERM", $"{process.Id}"]).WaitForExit();
        using var answer = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 503 Service Unavailable", await answer.ReadLineAsync(Token));
        var log = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);

        Assert.Equal(0, process.ExitCode);
        Assert.Contains("POST /caption 503", log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", log, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", log, StringComparison.Ordinal);
    }

    /// <summary>A terminal that was stopped, a pipe without a reader: logs are lost, and nothing else.</summary>
    [Fact]
    public async Task Where_nobody_reads_its_log_it_serves_and_ends_all_the_same()
    {
        FullRun.Only();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var process = Start("--model", $"caption={Demo.Model}", "--device", "cpu", "--port", "0");
        using var client = new HttpClient { BaseAddress = new Uri(await AddressOf(process)), Timeout = TimeSpan.FromSeconds(30) };
        await ReadyAsync(client);
        for (var i = 0; i < 60; i++)
            await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.PostAsync("/caption", RunningServer.Json("{"), Token)));
        var image = await File.ReadAllBytesAsync(Demo.Sample("00.png"), Token);
        await RunningServer.Read(await client.PostAsync("/caption", RunningServer.Image(image), Token));
        Process.Start("kill", ["-TERM", $"{process.Id}"]).WaitForExit();
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(0, process.ExitCode);
    }

    [Theory]
    [InlineData("--max-pixels is 0", "--max-pixels", "0")]
    [InlineData("--host and --port are 192.0.2.1", "--host", "192.0.2.1")]
    public async Task What_is_wrong_with_a_server_is_told_in_the_command_lines_words(string message, params string[] arguments)
    {
        using var process = Start([.. arguments, "--port", "0", "--device", "cpu"]);
        var error = await process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", error, StringComparison.Ordinal);
        Assert.Equal(2, process.ExitCode);
    }

    /// <summary>Clients that ask on and on see a server that answers, a moment without one, and the next.</summary>
    [Fact]
    public async Task Killed_and_started_anew_on_its_port_it_answers_again()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        string[] arguments = ["--model", $"caption={Demo.Model}", "--device", "cpu", "--port"];
        using var first = Start([.. arguments, "0"]);
        var address = new Uri(await AddressOf(first));
        using var client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        await ReadyAsync(client);
        var image = await File.ReadAllBytesAsync(Demo.Sample("00.png"), Token);
        var asking = Enumerable.Range(0, 8).Select(_ => client.PostAsync("/caption", RunningServer.Image(image), Token)).ToList();
        first.Kill();
        await first.WaitForExitAsync(Token);
        // Each of them ends: with an answer that was on its way, or with a connection that broke.
        foreach (var request in asking)
            await Record.ExceptionAsync(() => request);
        using var second = Start([.. arguments, $"{address.Port}"]);
        await AddressOf(second);
        await ReadyAsync(client);

        await RunningServer.Read(await client.PostAsync("/caption", RunningServer.Image(image), Token));
        second.Kill();
        await second.WaitForExitAsync(Token);
    }

    [Fact]
    public async Task Its_messages_are_JSON_where_that_is_asked_for_and_never_hold_the_key()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var process = Start("--device", "cpu", "--host", "0.0.0.0", "--port", "0", "--log", "json", "--api-key", "a-secret-of-mine");
        var lines = new List<string>();
        while (!lines.Exists(line => line.Contains("was loaded", StringComparison.Ordinal))
            && await process.StandardError.ReadLineAsync(Token) is { } line)
            lines.Add(line);
        Process.Start("kill", ["-TERM", $"{process.Id}"]).WaitForExit();
        lines.AddRange((await process.StandardError.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        var messages = lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("Message").GetString()!).ToList();
        Assert.Contains(messages, message => message.StartsWith("serving on http://0.0.0.0:", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.StartsWith("no --model", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.StartsWith("finishing what runs", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("a-secret-of-mine", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--port is 70000: give 0 to 65535", "--port", "70000")]
    [InlineData("--host is 'nowhere'", "--host", "nowhere")]
    [InlineData("--timeout is 0", "--timeout", "0")]
    [InlineData("--max-body is -3", "--max-body", "-3")]
    [InlineData("--api-key is empty", "--api-key", " ")]
    [InlineData("--api-key-file is 'no-such-file'", "--api-key-file", "no-such-file")]
    [InlineData("there is no kind 'captoin'", "--model", "captoin=demo")]
    [InlineData("given twice for 'caption'", "--model", "caption=demo", "--model", "caption=demo")]
    [InlineData("nowhere", "--model", "caption=nowhere")]
    public async Task What_cannot_be_is_told_before_anything_listens(string message, params string[] arguments) =>
        (await CliRun.Of(["serve", .. arguments])).Refused(message);

    [Fact]
    public async Task A_model_of_another_kind_is_told()
    {
        var run = await CliRun.Of("serve", "--model", $"ask={Demo.Model}");

        run.Refused("that model is for 'caption'");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var run = await CliRun.Of("serve", "--model", Demo.Model, "--device", "cpu", "--port", $"{port}");

        run.Refused("--host and --port are 127.0.0.1 and", "nothing can listen");
    }

    [Fact]
    public async Task A_model_whose_weights_are_damaged_ends_it_with_a_message()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Demo.Model))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        folder.Write("model.safetensors", "no weights");
        var run = await CliRun.Of("serve", "--model", $"caption={folder.Path}", "--device", "cpu", "--port", "0");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("model.safetensors", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Program, "serve", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    private static async Task<string> AddressOf(Process process)
    {
        while (await process.StandardError.ReadLineAsync(Token) is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
                return match.Value;
        }
        throw new InvalidOperationException("The server ended before it served.");
    }

    private static async Task ReadyAsync(HttpClient client)
    {
        while (!(await client.GetAsync("/readyz", Token)).IsSuccessStatusCode)
            await Task.Delay(50, Token);
    }

    [GeneratedRegex(@"http://[\d.]+:\d+")]
    private static partial Regex Address();
}
