using Blip.Bench.Reporting;

namespace Blip.Tests.Bench;

public class ComparisonTests
{
    private static readonly DevicePeak Peak = new("cpu", "CPU", FmaGflops: 200, ReadGbs: 20);

    [Fact]
    public void What_became_slower_is_flagged_and_nothing_else()
    {
        var old = File(Peak, Record("gemm a", 10), Record("gemm b", 10), Record("gone", 1));
        var comparison = new Comparison(old, File(Peak, Record("gemm a", 11.4), Record("gemm b", 11.6), Record("added", 1)));
        Assert.Equal([false, true], comparison.Cases.Select(one => one.Slower));
        Assert.True(comparison.Flagged);
        Assert.Equal(["added"], comparison.Added.Select(record => record.Work));
        Assert.Equal(["gone"], comparison.Gone.Select(record => record.Work));
        Assert.False(new Comparison(old, File(Peak, Record("gemm a", 11.6), Record("gemm b", 10)), threshold: 1.2).Flagged);
    }

    [Fact]
    public void One_disturbed_median_is_no_verdict()
    {
        var old = File(Peak, Record("gemm", 10, fastest: 9.5));
        Assert.False(new Comparison(old, File(Peak, Record("gemm", 14, fastest: 10))).Flagged);
        Assert.True(new Comparison(old, File(Peak, Record("gemm", 14, fastest: 13))).Flagged);
    }

    [Fact]
    public void What_most_cases_lost_together_is_taken_off_each_and_told()
    {
        BenchFile Run(double factor, double first) =>
            File(Peak, [.. Enumerable.Range(0, 30).Select(i => Record($"gemm {i}", 10 * factor * (i == 0 ? first : 1)))]);
        var slowDay = new Comparison(Run(1, 1), Run(1.12, 1.4));
        Assert.Equal(1.12, slowDay.Drift["cpu"], 6);
        Assert.Equal("gemm 0", Assert.Single(slowDay.Cases, one => one.Slower).New.Work);
        Assert.False(new Comparison(Run(1, 1), Run(1.14, 1.1)).Flagged);
        Assert.True(new Comparison(Run(1, 1), Run(1.2, 1)).Flagged);
        // Most cases faster is no reason to flag the others.
        Assert.False(new Comparison(Run(1, 1), Run(0.8, 1.25)).Flagged);
    }

    [Fact]
    public void Times_count_in_units_of_what_each_machine_can_do()
    {
        // Half the arithmetic, the same memory.
        var weaker = Peak with { FmaGflops = 100 };
        var arithmetic = Record("gemm", 10) with { Flops = 1e9 };
        var memory = Record("token", 10) with { Flops = 1e6, Bytes = 1e8 };
        var comparison = new Comparison(File(Peak, arithmetic, memory), File(weaker, Slowed(arithmetic, 2), Slowed(memory, 2)));
        Assert.Equal([false, true], comparison.Cases.Select(one => one.Slower));
        Assert.Equal([1.0, 2.0], comparison.Cases.Select(one => Math.Round(one.Normalized!.Value, 6)));
        Assert.Equal([2.0, 2.0], comparison.Cases.Select(one => one.Ratio!.Value));
    }

    [Fact]
    public void A_lost_answer_is_flagged_and_one_that_never_was_is_not()
    {
        var wrong = Record("gemm", 0) with { OursMs = null, OursMinMs = null, Failure = "WRONG: far off" };
        Assert.True(new Comparison(File(Peak, Record("gemm", 10)), File(Peak, wrong)).Flagged);
        Assert.False(new Comparison(File(Peak, wrong), File(Peak, wrong)).Flagged);
        Assert.False(new Comparison(File(Peak, wrong), File(Peak, Record("gemm", 10))).Flagged);
    }

    [Fact]
    public void The_same_work_in_another_form_is_another_case()
    {
        var narrow = Record("gemm", 30) with { Variant = "avx2" };
        var half = Record("gemm", 30) with { Precision = "bf16" };
        var comparison = new Comparison(File(Peak, Record("gemm", 10)), File(Peak, narrow, half, Record("gemm", 10)));
        Assert.False(comparison.Flagged);
        Assert.Equal(2, comparison.Added.Count);
    }

    [Fact]
    public void A_file_comes_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "deeper", "records.json");
        var file = File(Peak, Record("gemm", 10) with { Flops = 2e9, Bytes = 4e7, Error = 0.25, Peer = "libtorch", PeerMs = 15 },
            Record("wrong", 0) with { OursMs = null, Error = double.PositiveInfinity, Failure = "WRONG" });
        file.Write(path);
        var read = BenchFile.Read(path);
        Assert.Equal(file.Records, read.Records);
        Assert.Equal(file.Peaks, read.Peaks);
        Assert.Equal((file.Processor, file.Cores, file.Command, file.Date), (read.Processor, read.Cores, read.Command, read.Date));
        var text = System.IO.File.ReadAllText(path);
        // The names that other programs read.
        Assert.All(["\"work\"", "\"precision\"", "\"ours_ms\"", "\"peer\"", "\"peer_ms\"", "\"ratio\"", "\"gflops\": 200", "\"gbs\": 4"],
            name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "records.json");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => BenchFile.Read(path)).Message, StringComparison.Ordinal);
        System.IO.File.WriteAllText(path, "[1, 2");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => BenchFile.Read(path)).Message, StringComparison.Ordinal);
    }

    internal static BenchFile File(DevicePeak peak, params BenchRecord[] records) => BenchFile.Here("kernels --short") with
    {
        Peaks = [peak],
        Records = records,
    };

    internal static BenchRecord Record(string work, double ms, double? fastest = null) =>
        new() { Work = work, Device = "cpu", OursMs = ms, OursMinMs = fastest ?? ms, OursMaxMs = ms, Flops = 1e9 };

    private static BenchRecord Slowed(BenchRecord record, double factor) => record with
    {
        OursMs = record.OursMs * factor,
        OursMinMs = record.OursMinMs * factor,
    };
}
