using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.EventProcessors;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Blip.Bench.Reporting;
using Perfolizer.Horology;
using Perfolizer.Mathematics.OutlierDetection;

namespace Blip.Bench.Measuring;

/// <summary>How long cases are measured.</summary>
/// <param name="Iterations">Measurements; their median counts.</param>
/// <param name="IterationTime">Short runs are repeated until a measurement takes about this long; null: one run each.</param>
internal sealed record Effort(int Iterations, TimeSpan? IterationTime)
{
    /// <summary>Iterations before the counted ones.</summary>
    public int WarmUps { get; init; } = 2;
}

/// <summary>
/// Runs cases through BenchmarkDotNet in this process: they share a device, its compiled kernels and a loaded model. For the setup see
/// docs/decisions/063.
/// </summary>
internal sealed class Session
{
    private readonly Dictionary<BenchCase, (PreparedCase Prepared, double? Error)> verified = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<BenchCase, string> failures = new(ReferenceEqualityComparer.Instance);
    private readonly List<BenchRecord> records = [];
    private readonly Action<BenchRecord> onRecord;

    private Session(IEnumerable<BenchCase> cases, Action<BenchRecord> onRecord)
    {
        Cases = [.. cases.Select((one, place) => new CaseParameter(one, place))];
        this.onRecord = onRecord;
    }

    /// <summary>The current session, static since BenchmarkDotNet constructs its class without arguments.</summary>
    public static Session Present { get; private set; } = new([], _ => { });

    public IReadOnlyList<CaseParameter> Cases { get; }

    /// <summary>
    /// Verifies and measures. BenchmarkDotNet's output is appended to the log. <c>onRecord</c> is called after each case.
    /// </summary>
    public static IReadOnlyList<BenchRecord> Run(IEnumerable<BenchCase> cases, Effort effort, string log, Action<BenchRecord> onRecord)
    {
        var session = Present = new Session(cases, onRecord);
        if (session.Cases.Count == 0)
            return [];
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);
        using var writer = new StreamWriter(log, append: true) { AutoFlush = true };
        BenchmarkRunner.Run<CaseBenchmark>(Config(session, effort, log, writer));
        return session.records;
    }

    public void Verified(BenchCase one, PreparedCase prepared, double? error) => verified[one] = (prepared, error);

    public void Failed(BenchCase one, string reason) => failures[one] = reason;

    private static ManualConfig Config(Session session, Effort effort, string log, StreamWriter writer) => ManualConfig.CreateEmpty()
        .AddJob(Repeated(Job.Default, effort.IterationTime)
            .WithToolchain(new InProcessNoEmitToolchain(TimeSpan.FromMinutes(30), logOutput: true))
            .WithIterationCount(effort.Iterations)
            .WithWarmupCount(effort.WarmUps)
            .WithUnrollFactor(1)
            .WithEvaluateOverhead(false)
            .WithGcForce(false)
            .WithOutlierMode(OutlierMode.DontRemove))
        .AddLogger(new StreamLogger(writer))
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddEventProcessor(new Listener(session))
        .WithArtifactsPath(Path.GetDirectoryName(log)!)
        .WithOptions(ConfigOptions.DisableLogFile)
        .WithUnionRule(ConfigUnionRule.AlwaysUseLocal);

    private static Job Repeated(Job job, TimeSpan? iteration) => iteration is { } time
        ? job.WithMinInvokeCount(1).WithIterationTime(TimeInterval.FromMilliseconds(time.TotalMilliseconds))
        : job.WithInvocationCount(1);

    private void Done(BenchCase one, BenchmarkReport report)
    {
        var (prepared, error) = verified.GetValueOrDefault(one);
        // Result measurements are the workload's, per batch of invocations.
        var times = report.GetResultRuns().Select(run => run.GetAverageTime().Nanoseconds / 1e6).Order().ToArray();
        var record = new BenchRecord
        {
            Work = one.Work,
            Device = one.Device,
            Variant = one.Variant,
            Precision = one.Precision,
            Flops = prepared?.Flops ?? 0,
            Bytes = prepared?.Bytes ?? 0,
            Items = prepared?.Items ?? 0,
            Error = error,
            OursMs = times.Length > 0 ? times[times.Length / 2] : null,
            OursMinMs = times.Length > 0 ? times[0] : null,
            OursMaxMs = times.Length > 0 ? times[^1] : null,
            Failure = times.Length > 0 ? null : failures.GetValueOrDefault(one, "FAILED: see the log"),
        };
        records.Add(record);
        onRecord(record);
    }

    private sealed class Listener(Session session) : EventProcessor
    {
        public override void OnEndRunBenchmark(BenchmarkCase benchmarkCase, BenchmarkReport report) =>
            session.Done(((CaseParameter)benchmarkCase.Parameters.Items[0].Value).Value, report);
    }
}
