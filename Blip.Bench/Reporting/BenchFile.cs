using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Bench.Reporting;

/// <summary>A device's peaks, measured by our kernels first.</summary>
/// <param name="Device">The id: <c>cpu</c>, <c>opencl:0</c>.</param>
/// <param name="Name">The driver's name for it.</param>
/// <param name="FmaGflops">Fused multiply-additions in single precision, two operations each, in billions of operations per second.</param>
/// <param name="ReadGbs">Reads of memory far beyond the last cache, in billions of bytes per second.</param>
internal sealed record DevicePeak(string Device, string Name, double FmaGflops, double ReadGbs)
{
    /// <summary>The least time of work of this size in milliseconds: the roofline (Williams, Waterman and Patterson 2009).</summary>
    public double RooflineMs(double flops, double bytes) => Math.Max(flops / FmaGflops, bytes / ReadGbs) / 1e6;
}

/// <summary>A benchmark run: machine, peaks, and records.</summary>
internal sealed record BenchFile
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The arguments: <c>kernels --short</c>.</summary>
    public required string Command { get; init; }

    public required string Processor { get; init; }

    /// <summary>The cores that the process sees.</summary>
    public int Cores { get; init; }

    public string Runtime { get; init; } = "";

    /// <summary>The start, UTC.</summary>
    public DateTime Date { get; init; }

    public IReadOnlyList<DevicePeak> Peaks { get; init; } = [];

    public IReadOnlyList<BenchRecord> Records { get; init; } = [];

    /// <summary>An empty file of this machine.</summary>
    public static BenchFile Here(string command) => new()
    {
        Command = command,
        Processor = Machine.Processor,
        Cores = Environment.ProcessorCount,
        Runtime = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        Date = DateTime.UtcNow,
    };

    /// <summary>Reads a file of <see cref="Write"/>.</summary>
    /// <exception cref="InvalidDataException">It is not such a file; the message names it.</exception>
    public static BenchFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchFile>(File.ReadAllBytes(path), Json)
                ?? throw new InvalidDataException($"'{path}' is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is no file of benchmarks: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes the file and missing folders; a reader gets the old or the new one.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        ReplacedFile.Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Json) + "\n")));
    }

    /// <summary>A device's peak, or null.</summary>
    public DevicePeak? Peak(string device) => Peaks.FirstOrDefault(peak => peak.Device == device);
}
