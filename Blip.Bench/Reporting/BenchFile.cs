using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Bench.Reporting;

/// <summary>A device's peaks, measured by our kernels before anything else.</summary>
/// <param name="Device">The device's id: <c>cpu</c>, <c>opencl:0</c>.</param>
/// <param name="Name">The name that its driver gives.</param>
/// <param name="FmaGflops">Fused multiply-additions in single precision, two operations each, in billions of operations per second.</param>
/// <param name="ReadGbs">Reading memory well beyond the last cache, in billions of bytes per second.</param>
internal sealed record DevicePeak(string Device, string Name, double FmaGflops, double ReadGbs)
{
    /// <summary>The fastest that work of this size can be, in milliseconds: the roofline (Williams, Waterman and Patterson 2009).</summary>
    public double RooflineMs(double flops, double bytes) => Math.Max(flops / FmaGflops, bytes / ReadGbs) / 1e6;
}

/// <summary>A run of the benchmarks: the machine, its peaks, and the records.</summary>
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

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>Its cores, as the process sees them.</summary>
    public int Cores { get; init; }

    /// <summary>The .NET runtime.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>When it began, UTC.</summary>
    public DateTime Date { get; init; }

    /// <summary>The peaks of each device that ran.</summary>
    public IReadOnlyList<DevicePeak> Peaks { get; init; } = [];

    /// <summary>The measurements.</summary>
    public IReadOnlyList<BenchRecord> Records { get; init; } = [];

    /// <summary>A file of this machine, to be filled.</summary>
    public static BenchFile Here(string command) => new()
    {
        Command = command,
        Processor = Machine.Processor,
        Cores = Environment.ProcessorCount,
        Runtime = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        Date = DateTime.UtcNow,
    };

    /// <summary>Reads a file that <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is no such file; the message names it.</exception>
    public static BenchFile Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<BenchFile>(File.ReadAllBytes(path), Json) ?? throw new InvalidDataException($"'{path}' is empty.");
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

    /// <summary>Writes the file, its folder made where it is missing; a reader gets the old one or the new one.</summary>
    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        ReplacedFile.Write(path, file => file.Write(System.Text.Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, Json) + "\n")));
    }

    /// <summary>The peak of a device, or null where it was not measured.</summary>
    public DevicePeak? Peak(string device) => Peaks.FirstOrDefault(peak => peak.Device == device);
}
