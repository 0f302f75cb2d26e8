using System.Diagnostics;
using Blip.Bench.Workloads;

namespace Blip.Bench.Serving;

/// <summary><c>blip serve</c> as a separate process, on a free port.</summary>
internal sealed class ServedBlip : IDisposable
{
    private const string Said = "serving on ";

    private readonly Process process;

    private ServedBlip(Process process, Uri address) => (this.process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Bytes of memory that it holds now.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Processor seconds that it has taken.</summary>
    public double ProcessorSeconds
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts it, and waits until its models are loaded.</summary>
    /// <param name="model">The captioner; null for the demo.</param>
    /// <param name="device">The device's id.</param>
    /// <exception cref="InvalidDataException">It ended before.</exception>
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
                // The pipe is read to its end: a full one would block the server.
                var rest = process.StandardError.ReadToEndAsync();
                var server = new ServedBlip(process, new Uri(line[(at + Said.Length)..].Split(' ')[0]));
                await server.ReadyAsync(rest);
                return server;
            }
        }
        throw new InvalidDataException($"'blip serve' ended before it served: {string.Join(' ', lines)}");
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    // A server whose model cannot be loaded ends, and says why.
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
