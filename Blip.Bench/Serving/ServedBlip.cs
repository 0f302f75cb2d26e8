using System.Diagnostics;
using Blip.Bench.Workloads;

namespace Blip.Bench.Serving;

/// <summary><c>blip serve</c> as a process on a free port.</summary>
internal sealed class ServedBlip : IDisposable
{
    private const string Said = "serving on ";

    private readonly Process process;

    private ServedBlip(Process process, Uri address) => (this.process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Its present memory in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Its processor time so far.</summary>
    public double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts the server and waits for its models; a null model is the demo.</summary>
    /// <exception cref="InvalidDataException">It ended early.</exception>
    public static async Task<ServedBlip> StartAsync(string? model, string device)
    {
        var process = Process.Start(new ProcessStartInfo(
            ColdStart.Program("the server"), ["serve", "--port", "0", "--model", $"caption={model ?? "demo"}", "--device", device])
        {
            RedirectStandardError = true,
        })!;
        var lines = new List<string>();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (line.IndexOf(Said, StringComparison.Ordinal) is >= 0 and var at)
            {
                // The pipe is drained: a full one would block the server.
                var rest = process.StandardError.ReadToEndAsync();
                var server = new ServedBlip(process, new Uri(line[(at + Said.Length)..].Split(' ')[0]));
                await server.ReadyAsync(rest);
                return server;
            }
        }
        throw new InvalidDataException($"'blip serve' ended before it served: {string.Join(' ', lines)}");
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    // A server that cannot load its model ends and says why.
    private async Task ReadyAsync(Task<string> rest)
    {
        using var client = new HttpClient { BaseAddress = Address };
        try
        {
            while (!(await client.GetAsync("/readyz")).IsSuccessStatusCode)
                await Task.Delay(50);
        }
        catch (HttpRequestException e)
        {
            process.WaitForExit();
            throw new InvalidDataException($"'blip serve' ended before it served: {(await rest).Trim()}", e);
        }
    }
}
