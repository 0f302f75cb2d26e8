using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Kernels.Devices;

namespace Blip.Bench.Commands;

internal sealed class TrainCommand : Command
{
    private const int MostSteps = 1000;

    private readonly TextWriter output;
    private readonly TrainingBatchOptions batches = new();
    private readonly Option<int> steps = BenchOptions.Whole("--steps", "Steps that count; one that does not goes before.", 3, 1, MostSteps);
    private readonly Option<string> device = BenchOptions.Choice("--device", "Where to run: a kind of device.", "cpu", BenchOptions.Kinds);
    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public TrainCommand(TextWriter output)
        : base("train", "Times steps of fine-tuning a captioner: forward, backward and AdamW; and tells where the time goes.")
    {
        this.output = output;
        foreach (var option in (Option[])[.. batches.All, steps, device, json, save])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var batch = batches.Read(parsed);
        Artifacts.Check(parsed.GetValue(save));
        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        using var opened = Device.Open(run.Devices(parsed.GetRequiredValue(device))[0].Id);
        var record = Measure(batch, opened, parsed.GetValue(steps));
        run.MeasurePeak(opened);
        run.Add(record);
        return run.Finish(parsed.GetValue(save), "train");
    }

    private BenchRecord Measure(TrainingBatch batch, Device device, int count)
    {
        using var works = new TrainingWorks(batch, device);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{batch.Model}: {works.Parameters / 1e6:F1} million parameters, {works.Flops / 1e9:F1} GFLOP a step, "
            + $"{works.WorkspaceBytes >> 20} MiB between nodes"));
        var losses = new double[count + 1];
        losses[0] = works.Step();
        var times = new double[count];
        for (var step = 0; step < count; step++)
        {
            var start = Stopwatch.GetTimestamp();
            losses[step + 1] = works.Step();
            times[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        output.WriteLine($"losses: {string.Join(", ", losses.Select(loss => loss.ToString("F6", CultureInfo.InvariantCulture)))}");
        // Memory is read first: measuring the device's limits takes memory too.
        var memory = Machine.PeakMebibytes();
        device.Profiler = new Profiler();
        works.Step();
        output.WriteLine($"{Environment.NewLine}{TrainingProfile.Markdown(device.Profiler.Steps)}");
        device.Profiler = null;
        return Record(batch, device, works.Flops, new Sample("blip", times)) with
        {
            OursMebibytes = memory,
            Error = losses.All(double.IsFinite) ? 0 : null,
            Failure = losses.All(double.IsFinite) ? null : $"a loss is no number: {string.Join(", ", losses)}",
        };
    }

    private static BenchRecord Record(TrainingBatch batch, Device device, long flops, Sample times) => new()
    {
        Work = batch.Work,
        Device = device.Description.Id,
        Precision = batch.PrecisionName,
        OursMs = times.Median,
        OursMinMs = times.Min,
        OursMaxMs = times.Max,
        Flops = flops,
        Items = batch.Images,
    };
}
