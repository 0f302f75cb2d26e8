using System.CommandLine;
using System.Globalization;
using Blip.Bench.Commands;
using Blip.Bench.Peers.Torch;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary><c>train</c>: the same steps of fine-tuning on libtorch and ours, in turns, one process each.</summary>
internal sealed class TrainPeersCommand : Command
{
    /// <summary>The command's name, and a child's options.</summary>
    public const string Word = "train", OnlyName = "--only", PacedName = "--paced";

    private const string Ours = "ours", Torch = "torch";
    private const int LeastRounds = 2, MostRounds = 1000;

    // Relative: before any step, and after two, where Adam has turned roundings into directions.
    private static readonly Dictionary<Precision, (double First, double Later)> Bounds = new()
    {
        [Precision.Fp32] = (1e-5, 1e-4),
        [Precision.Bf16] = (1e-3, 1e-2),
    };

    private const int Later = 2;

    // Targets are for the base model.
    private const string Aimed = "synthetic:base";
    private const double MemoryTarget = 0.8;

    private readonly TextWriter output;
    private readonly TrainingBatchOptions batches = new();
    private readonly Option<int> rounds = BenchOptions.Whole(
        "--rounds", "Rounds that count; one that does not goes before.", 3, LeastRounds, MostRounds);
    private readonly Option<string[]> only = BenchOptions.Words(OnlyName, "One side alone. [default: both, in turns]", [Ours, Torch]);
    private readonly Option<bool> paced = new(PacedName)
    {
        Description = "With --only: a step for each line of the standard input.", Hidden = true,
    };

    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public TrainPeersCommand(TextWriter output)
        : base(Word, "Steps of fine-tuning a captioner: forward, backward and AdamW, on all cores.")
    {
        this.output = output;
        foreach (var option in (Option[])[.. batches.All, rounds, only, paced, json, save])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var batch = batches.Read(parsed);
        if (parsed.GetValue(only) is [.., var side])
            return Alone(batch, side, parsed.GetValue(paced) ? null : 1 + parsed.GetValue(rounds));
        Artifacts.Check(parsed.GetValue(save));
        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        run.Add(Both(batch, parsed.GetValue(rounds)));
        return run.Finish(parsed.GetValue(save), "peers-train");
    }

    private int Alone(TrainingBatch batch, string side, int? steps)
    {
        using var works = Open(batch, side);
        for (var step = 0; steps is { } count ? step < count : Console.In.ReadLine() is not null; step++)
        {
            output.WriteLine(TrainingProcess.StepLine(works.Step()));
            output.Flush();
        }
        output.WriteLine(TrainingProcess.PeakLine(Machine.PeakMebibytes()));
        return 0;
    }

    private static ITrainingWorks Open(TrainingBatch batch, string side) =>
        side == Ours ? new TrainingWorks(batch, Device.Open("cpu")) : new TorchTraining(batch);

    private BenchRecord Both(TrainingBatch batch, int rounds)
    {
        using var ours = new TrainingProcess(Ours, TrainingBatchOptions.Arguments(batch));
        using var torch = new TrainingProcess(Torch, TrainingBatchOptions.Arguments(batch));
        // By default, OpenMP's threads spin for 200 ms after work.
        var rest = TimeSpan.FromMilliseconds(300);
        var samples = Interleaver.Run(
            [new Contender("blip", ours.Step) { Rest = rest }, new Contender("libtorch", torch.Step) { Rest = rest }], rounds);
        var record = BenchRecord.Of(batch.Work, "cpu", batch.PrecisionName, samples[0], samples[1], target: null, batch.PrecisionName) with
        {
            Target = batch.Model == Aimed ? Targets.Of(Word, batch.PrecisionName) : null,
            Items = batch.Images,
            OursMebibytes = ours.End(),
            PeerMebibytes = torch.End(),
        };
        foreach (var (step, (own, other)) in ours.Losses.Zip(torch.Losses).Index())
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  step {step}: losses {own:F7} and {other:F7}, {Relative(own, other):E1} apart"));
        }
        var memory = record.OursMebibytes / record.PeerMebibytes;
        var verdict = batch.Model == Aimed
            ? FormattableString.Invariant($"; aimed at {MemoryTarget:F1} at most: {(memory <= MemoryTarget ? "met" : "missed")}")
            : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  memory: {record.OursMebibytes:F0} and {record.PeerMebibytes:F0} MiB, {memory:F2} of libtorch's{verdict}"));
        // NaN must fail.
        var (first, later) = Bounds[batch.Precision];
        var agree = Relative(ours.Losses[0], torch.Losses[0]) <= first && Relative(ours.Losses[Later], torch.Losses[Later]) <= later;
        return agree ? record : record with
        {
            Failure = $"losses differ by more than {first:E0} before a step, or {later:E0} after {Later}",
            OursMs = null,
        };
    }

    private static double Relative(double ours, double other) => Math.Abs(ours - other) / Math.Abs(other);
}
