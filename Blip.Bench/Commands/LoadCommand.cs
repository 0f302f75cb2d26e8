using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Commands;

/// <summary><c>load</c>: loading a model, beside its lower bound: reading the file and packing its matrices.</summary>
internal sealed class LoadCommand : Command
{
    private const int Rounds = 5;

    private readonly TextWriter output;
    private readonly Argument<string> model = new("model")
    {
        Description = "A folder with a config.json, a weight file beside one, or synthetic:NAME.",
        HelpName = "MODEL",
    };

    public LoadCommand(TextWriter output)
        : base("load", "Times reading a model's file, packing its matrices, and loading the whole.")
    {
        this.output = output;
        Add(model);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var source = ModelSource.Resolve(parsed.GetRequiredValue(model));
        using var device = Device.Open("cpu");
        var times = Enumerable.Range(0, Rounds + 1)
            .Select(_ => (Read: Time(() => Read(source)), Pack: Pack(source, device),
            Load: Time(() => CaptioningModel.Load(source, device).Dispose())))
            .Skip(1).ToList();
        var (read, pack, load) =
            (Median(times.Select(time => time.Read)), Median(times.Select(time => time.Pack)), Median(times.Select(time => time.Load)));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"read {read:F0} ms, pack {pack:F0} ms, load {load:F0} ms: {load / (read + pack):F2} times reading and packing (medians of "
                + $"{Rounds} rounds, {device.Name})"));
        output.WriteLine($"peak working set {Process.GetCurrentProcess().PeakWorkingSet64 / (1 << 20)} MiB");
        return 0;
    }

    // Every tensor as float32, in sequence.
    private static void Read(ModelSource source)
    {
        using var tensors = source.OpenTensors();
        var buffer = new float[1 << 18];
        foreach (var key in tensors.Keys)
        {
            var count = tensors.Get(key).ElementCount;
            for (var at = 0L; at < count; at += buffer.Length)
                tensors.Read(key, at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - at)));
        }
    }

    // Packing alone, from memory.
    private static double Pack(ModelSource source, Device device)
    {
        using var tensors = source.OpenTensors();
        var total = 0.0;
        foreach (var key in tensors.Keys)
        {
            var info = tensors.Get(key);
            if (info.Shape.Length < 2 || !key.EndsWith(".weight", StringComparison.Ordinal)
                || key.Contains("position", StringComparison.Ordinal))
                continue;
            var values = tensors.ReadAll(key);
            var (rows, columns) = ((int)info.Shape[0], (int)(info.ElementCount / info.Shape[0]));
            total += Time(() =>
            {
                using var packed = PackedWeights.Allocate(device, rows, columns, DType.Float32);
                packed.Fill(0, values);
                packed.Upload();
            });
        }
        return total;
    }

    private static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalMilliseconds;
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);
}
