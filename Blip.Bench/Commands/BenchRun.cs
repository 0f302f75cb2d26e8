using System.CommandLine;
using Blip.Bench.Measuring;
using Blip.Bench.Peaks;
using Blip.Bench.Reporting;
using Blip.Kernels.Devices;

namespace Blip.Bench.Commands;

/// <summary>A run of a command: its devices, their peaks, and the records as they come.</summary>
/// <param name="parsed">The command line.</param>
/// <param name="output">Where people read.</param>
/// <param name="json">A file for the records, rewritten with each record: a long run that is stopped keeps its finished ones. Null writes none.</param>
internal sealed class BenchRun(ParseResult parsed, TextWriter output, string? json)
{
    private readonly List<DevicePeak> peaks = [];
    private readonly List<BenchRecord> records = [];
    private readonly BenchFile file = BenchFile.Here(Command(parsed));

    /// <summary>Where logs and made-up models lie.</summary>
    public static string Folder => Path.Combine(Environment.CurrentDirectory, "artifacts", "bench");

    /// <summary>The devices that <c>--device</c> names, the first of each kind.</summary>
    /// <exception cref="DeviceException">There is none of the one kind that is named.</exception>
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
                throw new DeviceException($"--device is '{wanted}', and this machine has none. Present: {string.Join(", ", present.Select(one => $"{one.Id} ({one.Name})"))}.");
        }
        return found;
    }

    /// <summary>Measures a device's limits, once.</summary>
    public void MeasurePeak(Device device)
    {
        // Of an emulated device they would take hours, and say nothing.
        if (device.Description.Name.StartsWith("emulated", StringComparison.Ordinal))
            return;
        if (peaks.All(peak => peak.Device != device.Description.Id))
            peaks.Add(PeakMeasurement.Measure(device, output.WriteLine));
    }

    /// <summary>Measures cases.</summary>
    public void Measure(IEnumerable<BenchCase> cases, Effort effort) =>
        Session.Run(cases, effort, Path.Combine(Folder, "benchmarkdotnet.log"), Add);

    // The place of the results concerns no other part.
    private static string Command(ParseResult parsed)
    {
        var words = parsed.Tokens.Select(token => token.Value).Where(word => word != "--save").ToList();
        var json = words.IndexOf("--json");
        if (json >= 0)
            words.RemoveRange(json, Math.Min(2, words.Count - json));
        return string.Join(' ', words);
    }

    /// <summary>Takes a record down.</summary>
    public void Add(BenchRecord record)
    {
        records.Add(record);
        output.WriteLine(RecordTable.Line(record, peaks.FirstOrDefault(peak => peak.Device == record.Device)));
        Write();
    }

    /// <summary>Prints the table, and writes the files that are asked for.</summary>
    /// <param name="save">Whether to write docs/measurements.</param>
    /// <param name="name">The command's name, in that file's name.</param>
    /// <returns>The exit code: 1 where a case has no right answer.</returns>
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
