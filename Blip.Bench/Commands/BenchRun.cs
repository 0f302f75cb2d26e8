using System.CommandLine;
using Blip.Bench.Measuring;
using Blip.Bench.Peaks;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

namespace Blip.Bench.Commands;

/// <summary>
/// A command's run: its devices, their peaks, and its records. Each record rewrites the JSON file, so that an interrupted run keeps the
/// finished ones.
/// </summary>
internal sealed class BenchRun(ParseResult parsed, TextWriter output, string? json)
{
    private readonly List<DevicePeak> peaks = [];
    private readonly List<BenchRecord> records = [];
    private readonly BenchFile file = BenchFile.Here(Command(parsed));

    /// <summary>The folder of logs and synthetic models.</summary>
    public static string Folder => Path.Combine(Environment.CurrentDirectory, "artifacts", "bench");

    /// <summary>The devices that <c>--device</c> names, the first of each kind.</summary>
    /// <exception cref="DeviceException">The named kind is absent.</exception>
    public IReadOnlyList<DeviceDescription> Devices(string kind)
    {
        var present = Device.List();
        var found = new List<DeviceDescription>();
        foreach (var wanted in kind == "all" ? BenchOptions.Kinds : [kind])
        {
            if (present.FirstOrDefault(device => device.Id.StartsWith(wanted, StringComparison.Ordinal)) is { } device)
                found.Add(device);
            else if (kind == "all")
                output.WriteLine($"{wanted}: this machine has no such device; nothing is measured there.");
            else
                throw new DeviceException(
                    $"--device is '{wanted}', and this machine has none. Present: "
                        + $"{string.Join(", ", present.Select(one => $"{one.Id} ({one.Name})"))}.");
        }
        return found;
    }

    /// <summary>Measures a device's limits once.</summary>
    public void MeasurePeak(Device device)
    {
        // An emulated device would take hours, for meaningless values.
        if (device.Description.Name.StartsWith("emulated", StringComparison.Ordinal))
            return;
        if (peaks.All(peak => peak.Device != device.Description.Id))
            peaks.Add(PeakMeasurement.Measure(device, output.WriteLine));
    }

    public void Measure(IEnumerable<BenchCase> cases, Effort effort) =>
        Session.Run(cases, effort, Path.Combine(Folder, "benchmarkdotnet.log"), Add);

    // Paths of results are left out.
    private static string Command(ParseResult parsed)
    {
        var words = parsed.Tokens.Select(token => token.Value).Where(word => word != "--save").ToList();
        var json = words.IndexOf("--json");
        if (json >= 0)
            words.RemoveRange(json, Math.Min(2, words.Count - json));
        return string.Join(' ', words);
    }

    public void Add(BenchRecord record)
    {
        records.Add(record);
        output.WriteLine(RecordTable.Line(record, peaks.FirstOrDefault(peak => peak.Device == record.Device)));
        Write();
    }

    /// <summary>Prints the table and writes the requested files.</summary>
    /// <param name="save">Whether to write docs/measurements.</param>
    /// <param name="name">The command's name, for that file's name.</param>
    /// <returns>The exit code: 1 if a case has no right answer.</returns>
    public int Finish(bool save, string name)
    {
        var done = Write();
        output.WriteLine();
        output.WriteLine(RecordTable.Markdown(done));
        if (save)
            output.WriteLine($"saved: {string.Join(", ", Artifacts.Save(done, name))}");
        var failed = records.Count(record => record.Failure is not null);
        output.WriteLine($"{records.Count} records, {failed} without a right answer");
        return failed == 0 ? 0 : 1;
    }

    private BenchFile Write()
    {
        var done = file with { Peaks = peaks, Records = records };
        if (json is not null)
            done.Write(json);
        return done;
    }
}
