using System.Text.Json;
using Blip.Bench;
using Blip.Bench.Reporting;

namespace Blip.Tests.Bench;

/// <summary>The results of <c>eng/gpu.sh run</c> become one JSON and one Markdown file.</summary>
public sealed class GpuReportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_report_sets_our_times_beside_the_peers_and_counts_what_failed()
    {
        Write("machine.tsv", "system\tLinux 6\n", "driver\temulated\n");
        Write("steps.tsv", "devices\tpassed\t1.5\tdevices.log\texit 0\n", "tests\tfailed\t20.0\ttests.log\ttotal 9 failed 1\n",
            "other libraries\tskipped\t0\t\ttorch is not installed\n");
        Write("peers.json",
            """[{"work": "caption of 20 tokens", "peer": "transformers, eager", "ms": 60.0}, {"work": "encoder", "peer": "expert: SDPA", "ms": 3.0}, {"work": "[18464, 768 -> 2304]", "peer": "cuBLAS", "ms": 0.3}]""");
        var record = new BenchRecord { Work = "synthetic:base: caption of 20 tokens", Device = "cuda:0", Precision = "fp16", OursMs = 10 };
        (BenchFile.Here("models") with { Records = [record, record with { Precision = "fp32", OursMs = 20 }] })
            .Write(Place("bench-models.json"));
        var product = record with { Work = "gemm base, 32 images [18464, 768 -> 2304]", OursMs = 0.5 };
        (BenchFile.Here("kernels") with { Records = [product] }).Write(Place("bench-kernels.json"));

        var (code, output) = Run();
        Assert.Equal(1, code);
        Assert.EndsWith("3 steps, 1 failures\n", output, StringComparison.Ordinal);
        Assert.Equal(output, File.ReadAllText(Place("report.md")));
        Assert.Matches(@"\| tests +\| failed +\| 20\.0 \| total 9 failed 1 +\| tests\.log", output);
        // Six times as fast as transformers, where five is the target; the encoder has no time of ours.
        Assert.Matches(@"\| caption of 20 tokens \| transformers, eager \| +10\.00 \| +60\.00 \| +6\.00 \| 5 met +\|", output);
        Assert.Matches(@"\| cuBLAS +\| +0\.50+ \| +0\.30+ \| +0\.60 \| 0\.7 missed \|", output);
        Assert.Matches(@"\| encoder +\| expert: SDPA +\| +\| +3\.000 \| +\| +\|", output);
        using var json = JsonDocument.Parse(File.ReadAllText(Place("report.json")));
        Assert.Equal("torch is not installed", json.RootElement.GetProperty("steps")[2].GetProperty("detail").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("records").GetArrayLength());
        Assert.Equal("emulated", json.RootElement.GetProperty("machine").GetProperty("driver").GetString());
    }

    [Fact]
    public void A_folder_that_no_run_filled_is_refused()
    {
        using var error = new StringWriter();
        Assert.Equal(2, BenchProgram.Run(["gpu-report", folder.Path], TextWriter.Null, error));
        Assert.Contains("machine.tsv' is missing", error.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Place(string name) => Path.Combine(folder.Path, name);

    private void Write(string name, params string[] lines) => File.WriteAllText(Place(name), string.Concat(lines));

    private (int Code, string Output) Run()
    {
        using var output = new StringWriter();
        return (BenchProgram.Run(["gpu-report", folder.Path], output, TextWriter.Null), output.ToString());
    }
}
