using System.Text.Json;
using Blip.Bench;
using Blip.Bench.Reporting;

namespace Blip.Tests.Bench;

public class BenchProgramTests
{
    [Theory]
    [InlineData("kernels --device gpu", "--device is 'gpu'; give one of cpu, opencl, cuda, all")]
    [InlineData("kernels --variant fast", "--variant is 'fast'")]
    [InlineData("kernels gem", "'gem' is no operator")]
    [InlineData("kernels --jsn x", "--jsn")]
    [InlineData("kernels --filter", "--filter")]
    [InlineData("compare old.json", "NEW.json")]
    [InlineData("compare old.json new.json --threshold 1", "--threshold is '1'; give a number above 1")]
    [InlineData("compare old.json new.json --threshold fast", "--threshold is 'fast'; give a number above 1")]
    [InlineData("compare no-such-file.json new.json", "'no-such-file.json' cannot be read")]
    [InlineData("models --precision int4", "--precision is 'int4'; give one of fp32, fp16, bf16, int8")]
    [InlineData("models --model synthetic:huge", "synthetic:huge: there is no such synthetic model")]
    [InlineData("models --cli no-such-program", "--cli: 'no-such-program' does not exist")]
    [InlineData("models extra", "extra")]
    [InlineData("load no-such-model/at/all", "no-such-model/at/all")]
    [InlineData("retrieval --count 0", "--count is 0; it must be at least 1")]
    [InlineData("kill --times 0", "--times is 0; it must be at least 1")]
    [InlineData("kill --command copy", "copy")]
    [InlineData("kernles", "kernles")]
    public void What_cannot_be_used_is_named(string line, string expected)
    {
        var (exitCode, _, error) = Run(line.Split(' '));
        Assert.Equal(2, exitCode);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("kernels")]
    [InlineData("models")]
    [InlineData("compare")]
    [InlineData("load")]
    [InlineData("retrieval")]
    public void Help_tells_what_there_is(string command)
    {
        var (exitCode, output, error) = Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(command.Length > 0 ? "Options:" : "kernels", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slower_case_is_flagged_by_the_exit_code()
    {
        using var folder = new TemporaryFolder();
        var peak = new DevicePeak("cpu", "CPU", 200, 20);
        string Write(string name, double ms)
        {
            var path = Path.Combine(folder.Path, name);
            ComparisonTests.File(peak, ComparisonTests.Record("gemm", ms)).Write(path);
            return path;
        }
        var (old, same, slower) = (Write("old.json", 10), Write("same.json", 10.5), Write("slower.json", 12));
        Assert.Equal(0, Run("compare", old, same).ExitCode);
        Assert.Equal(0, Run("compare", old, slower, "--threshold", "1.3").ExitCode);
        var (exitCode, output, _) = Run("compare", old, slower);
        Assert.Equal(1, exitCode);
        Assert.Contains("SLOWER", output, StringComparison.Ordinal);
        Assert.Contains("1 cases, 1 slower", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernels_are_verified_timed_and_written_down()
    {
        FullRun.Only();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "kernels.json");
        var (exitCode, output, error) = Run("kernels", "selecttoken", "--short", "--filter", "2 x 20", "--json", path);
        Assert.Equal((0, ""), (exitCode, error));
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var record = Assert.Single(json.RootElement.GetProperty("records").EnumerateArray());
        Assert.Equal("selecttoken 2 x 20 tokens of 768", record.GetProperty("work").GetString());
        Assert.True(record.GetProperty("ours_ms").GetDouble() > 0);
        Assert.Equal(0, record.GetProperty("error").GetDouble());
        var peak = Assert.Single(json.RootElement.GetProperty("peaks").EnumerateArray());
        Assert.InRange(peak.GetProperty("fma_gflops").GetDouble(), 1, 1e5);
        Assert.InRange(peak.GetProperty("read_gbs").GetDouble(), 0.5, 5e3);
        Assert.Contains("1 records, 0 without a right answer", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_is_written_searched_and_compared_with_brute_force()
    {
        FullRun.Only();
        using var folder = new TemporaryFolder();
        var (path, json) = (Path.Combine(folder.Path, "made.index"), Path.Combine(folder.Path, "retrieval.json"));
        Assert.Contains("on disk: 3000", Run("retrieval", "--index", path, "--count", "3000", "--batch", "1000", "--fill-only").Output,
            StringComparison.Ordinal);
        var (exitCode, output, error) = Run("retrieval", "--index", path, "--count", "5000", "--short", "--json", json);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("added 2000 embeddings", output, StringComparison.Ordinal);
        Assert.Contains("64 of 64 queries find what brute force in double finds", output, StringComparison.Ordinal);
        Assert.Equal(4, BenchFile.Read(json).Records.Count);
        Assert.All(BenchFile.Read(json).Records,
            record => Assert.True(record is { OursMs: > 0, Failure: null, Error: 0 }, record.ToString()));
    }

    [Fact]
    public void A_model_is_taken_apart()
    {
        FullRun.Only();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "models.json");
        var (exitCode, output, error) = Run("models", "--model", "synthetic:tiny-square", "--precision", "int8", "--short", "--json", path);
        Assert.Equal((0, ""), (exitCode, error));
        var file = BenchFile.Read(path);
        Assert.Equal(
        [
            "synthetic:tiny-square: encoder", "synthetic:tiny-square: cross-attention's keys and values",
            "synthetic:tiny-square: one token at context 8", "synthetic:tiny-square: one token at context 20",
            "synthetic:tiny-square: caption of 20 tokens", "synthetic:tiny-square: caption of 20 tokens, batch 4",
                "synthetic:tiny-square: caption of 20 tokens, 3 beams",
            "synthetic:tiny-square: embedding an image", "synthetic:tiny-square: embedding 20 texts",
            "synthetic:tiny-square: matching an image with 20 texts", "synthetic:tiny-square: answering 20 questions about an image",
            "demo captioner: load", "demo captioner: cold start",
        ], file.Records.Select(record => record.Work));
        Assert.All(file.Records, record => Assert.True(record is { OursMs: > 0, Failure: null, Precision: "int8" }, record.ToString()));
        Assert.All(file.Records.SkipLast(2),
            record => Assert.True(record is { GigaFlops: > 0, GigaBytes: > 0, Error: 0 }, record.ToString()));
        Assert.All(file.Records.Where(record => record.Items > 0),
            record => Assert.Equal(1000 * record.Items / record.OursMs!.Value, record.PerSecond!.Value, 1e-6));
        Assert.Equal([1, 20, 20, 20], file.Records.Select(record => record.Items).Where(items => items > 0));
        Assert.Equal("models --model synthetic:tiny-square --precision int8 --short", file.Command);
        Assert.Contains("13 records, 0 without a right answer", output, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        return (BenchProgram.Run(arguments, output, error), output.ToString(), error.ToString());
    }
}
