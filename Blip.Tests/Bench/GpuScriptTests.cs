using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Blip.Bench;
using Blip.Bench.Reporting;
using Blip.Cli;

namespace Blip.Tests.Bench;

/// <summary>
/// <c>eng/gpu.sh run</c> in full, over programs that record their arguments and do nothing: its lines all run, and the options and tests in
/// them are there. CI runs the programs themselves with <c>run --short</c> on the emulated driver.
/// </summary>
public sealed partial class GpuScriptTests : IDisposable
{
    // Each program's entry in $CALLS: its name and its arguments, a line each, and an empty line.
    private const string Noted = """
        #!/usr/bin/env bash
        printf '%s\n' "$(basename "$0")" "$@" '' >> "$CALLS"

        """;

    private static readonly string[] Steps =
    [
        "devices", "tests: kernels", "samples fp32", "samples fp16", "benchmarks: captions", "benchmarks: training", "other libraries",
        "samples bf16", "samples int8", "tests: models and answers", "benchmarks: training, bf16",
        "compute-sanitizer memcheck", "compute-sanitizer racecheck", "compute-sanitizer initcheck", "compute-sanitizer synccheck",
        "benchmarks: kernels", "benchmarks: models",
    ];

    private readonly TemporaryFolder folder = new();

    private string Report => Path.Combine(folder.Path, "report");

    private string StepsFile => Path.Combine(Report, "steps.tsv");

    private string Calls => Path.Combine(folder.Path, "calls");

    [Fact]
    public void A_class_with_a_device_on_CUDA_is_run_and_a_pattern_means_something()
    {
        var patterns = Pattern().Matches(Repository.Read("eng/gpu.sh")).SelectMany(match => match.Groups[1].Value.Split('\''))
            .Where(pattern => pattern.Trim().Length > 0).ToList();
        var classes = typeof(GpuScriptTests).Assembly.GetTypes().Where(type => type is { IsPublic: true, IsClass: true }).ToList();
        Assert.Contains("*.Kernels.*", patterns);
        Assert.All(patterns, pattern => Assert.Contains(classes, type => Matches(pattern, type)));

        // Those of the interpreter run where this was built, and classes of PTX need no device.
        var onDevices = Repository.Files
            .Where(file => file.StartsWith("Blip.Tests/", StringComparison.Ordinal) && file.EndsWith("Tests.cs", StringComparison.Ordinal)
                && !file.Contains("/Emulation/", StringComparison.Ordinal))
            .Where(file => OnCuda().IsMatch(Repository.Read(file)))
            .Select(file => classes.Single(type => type.FullName == Path.ChangeExtension(file, null).Replace('/', '.')))
            .ToList();
        Assert.True(onDevices.Count > 30, $"{onDevices.Count} classes have a device");
        Assert.All(onDevices, type => Assert.Contains(patterns, pattern => Matches(pattern, type)));
    }

    [Fact]
    public void The_long_run_asks_for_what_there_is_and_tells_what_was_stopped()
    {
        FullRun.Only();
        foreach (var program in new[] { "bash", "tar", "xz", "awk", "timeout" })
            Assert.SkipUnless(OnPath(program), $"no {program} on this machine, which eng/gpu.sh needs");
        Prepare();
        Script("run", Report);

        var steps = ReadSteps();
        Assert.Equal(Steps, steps.Select(step => step[0]));
        Assert.All(steps, step => Assert.True(File.Exists(Path.Combine(Report, step[3])), step[3]));
        Assert.Equal(["tests: models and answers"], steps.Where(step => step[1] != "passed").Select(step => step[0]));
        Assert.Equal(("total 7 failed 0", "stopped after 2 s"), (steps[1][4], steps[9][4]));
        CheckCalls();
        CheckReport();

        // Cut off after ten steps, in the midst of the next: the following ones are run, and no other.
        const int Done = 10;
        File.WriteAllLines(StepsFile, File.ReadLines(StepsFile).Take(Done).ToList());
        File.Delete(Calls);
        Script("run", "--continue", Report);
        Assert.Equal(Steps, ReadSteps().Select(step => step[0]));
        Assert.Equal(steps.Take(Done), ReadSteps().Take(Done));
        Assert.DoesNotContain("Blip.Tests\n", File.ReadAllText(Calls), StringComparison.Ordinal);
        CheckReport();
        Assert.Contains("not '--shrot'", Script("run", "--shrot"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_whose_time_is_over_leaves_its_last_steps_to_the_next_and_has_a_report()
    {
        FullRun.Only();
        foreach (var program in new[] { "bash", "tar", "xz", "awk", "timeout" })
            Assert.SkipUnless(OnPath(program), $"no {program} on this machine, which eng/gpu.sh needs");
        // A step that would take all the time that there is: it is cut off, and has no result.
        Prepare(models: 90);
        var first = Script(limit: 600, "run", "--minutes", "0.75", Report);

        var late = Array.IndexOf(Steps, "tests: models and answers");
        Assert.Equal(Steps.Take(late), ReadSteps().Select(step => step[0]));
        Assert.Equal(Steps.Skip(late).Select(step => $"{step}: left to run --continue"), File.ReadLines(Path.Combine(Report, "later.txt")));
        Assert.Contains("\n0 failures\n", first, StringComparison.Ordinal);

        Prepare(models: 0);
        Script("run", "--continue", "--minutes", "1", Report);
        Assert.Equal(Steps, ReadSteps().Select(step => step[0]));
        Assert.False(File.Exists(Path.Combine(Report, "later.txt")));
        Assert.Contains("--minutes is 'x'", Script("run", "--minutes", "x"), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private List<string[]> ReadSteps() => [.. File.ReadLines(StepsFile).Select(line => line.Split('\t'))];

    private string Script(params string[] arguments) => Script(limit: 2, arguments);

    private string Script(int limit, params string[] arguments) => Run("bash", [Repository.Absolute("eng/gpu.sh"), .. arguments], new()
    {
        ["BLIP_GPU_FOLDER"] = folder.Path,
        ["BLIP_GPU_LIMIT"] = $"{limit}",
        ["BLIP_CUDA"] = "",
        ["CALLS"] = Calls,
        ["FILES"] = folder.Path,
        ["PATH"] = $"{Path.Combine(folder.Path, "path")}:{Environment.GetEnvironmentVariable("PATH")}",
    }).Output;

    // Programs in the archive's place, and the machine's own.
    private void Prepare(int models = 30)
    {
        Program("app/Blip.Tests", $"""
            case "$*" in *.Models.*) sleep {models} ;; esac
            printf '  total: 7\n  failed: 0\n'
            """);
        Program("app/Blip.Bench", """
            while [ $# -gt 1 ]; do
              [ "$1" = --json ] && cp "$FILES/bench.json" "$2"
              shift
            done
            echo '0 failures'
            """);
        // Several images are said line by line, as the real one does.
        Program("app/blip", """
            case "$1" in
              devices) echo 'cuda:0  a GPU' ;;
              caption) for image in "${@:2:12}"; do
                  awk -F '"' -v wanted="${image#weights/samples/}" '$2 == "file" { file = $4 } $2 == "caption" && file == wanted { print "weights/samples/" file "\t" $4 }' weights/samples/samples.json
                done ;;
            esac
            """);
        Program("path/compute-sanitizer", """
            while [ "${1#--}" != "$1" ]; do shift 2; done
            exec "$@"
            """);
        Program("path/nvidia-smi", "echo 'NVIDIA GPU, 1.0'");
        Program("path/python3", """[ "${*: -2:1}" != --json ] || cp "$FILES/peers.json" "${*: -1}" """);
        folder.Write("peers.json", """[{"work": "encoder, batch 32", "peer": "expert: SDPA", "ms": 3.0}]""");
        var record = new BenchRecord { Work = "synthetic:base: encoder, batch 32", Device = "cuda:0", Precision = "fp16", OursMs = 2 };
        (BenchFile.Here("models") with { Records = [record] }).Write(Path.Combine(folder.Path, "bench.json"));
        Assert.Equal(0, Run("tar", ["-C", Path.Combine(folder.Path, "app"), "-cJf", Path.Combine(folder.Path, "blip.tar.xz"), "."],
            []).ExitCode);
    }

    private void CheckCalls()
    {
        var calls = File.ReadAllText(Calls).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(call => call.Split('\n')).ToList();
        using var terminal = new StringWriter();
        var tool = new BlipRootCommand(new Terminal { Output = terminal, Error = terminal, OpenInput = () => Stream.Null });
        var benchmarks = BenchProgram.Root(TextWriter.Null);
        var seen = new HashSet<string>();
        foreach (var call in calls)
        {
            var (program, arguments) = (call[0], call[1..]);
            seen.Add(program);
            if (program == "blip")
                Assert.Empty(tool.Parse(arguments).Errors);
            else if (program == "Blip.Bench")
                Assert.Empty(benchmarks.Parse(arguments).Errors);
            else if (program == "Blip.Tests")
                Assert.Matches(@"\nBlip\.Tests\.",
                    Run(Path.Combine(AppContext.BaseDirectory, "Blip.Tests"), [.. arguments, "--xunit-list", "classes"], []).Output);
        }
        Assert.Superset(new HashSet<string> { "blip", "Blip.Bench", "Blip.Tests", "compute-sanitizer", "nvidia-smi", "python3" }, seen);
        Assert.Equal(["memcheck", "racecheck", "initcheck", "synccheck"],
            calls.Where(call => call[0] == "compute-sanitizer").Select(call => call[2]));
        Assert.Equal(["fp32", "fp16", "bf16", "int8"],
            calls.Where(call => call is ["blip", "caption", .., "--precision", _]).Select(call => call[^1]));
        Assert.All(calls.Where(call => call is ["blip", "caption", .., "--precision", _]),
            call => Assert.Equal(
            12, call.Count(word => word.StartsWith("weights/samples/0", StringComparison.Ordinal)
            || word.StartsWith("weights/samples/1", StringComparison.Ordinal))));
    }

    private void CheckReport()
    {
        using var output = new StringWriter();
        Assert.Equal(1, BenchProgram.Run(["gpu-report", Report], output, TextWriter.Null));
        Assert.EndsWith($"{Steps.Length} steps, 1 failures\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("GPU: NVIDIA GPU, 1.0", output.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"\| tests: models and answers +\| failed +\| +\d\.\d \| stopped after 2 s +\| tests--models-and-answers\.log +\|",
            output.ToString());
        Assert.Matches(@"\| encoder, batch 32 \| expert: SDPA +\| +2\.000 \| +3\.000 \| +1\.50 \|", output.ToString());
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Report, "report.json")));
        // A record of each benchmark: captions, training twice, kernels, models.
        Assert.Equal((Steps.Length, 5),
            (json.RootElement.GetProperty("steps").GetArrayLength(), json.RootElement.GetProperty("records").GetArrayLength()));
    }

    private void Program(string name, string text)
    {
        var path = folder.Write(name, Noted + text + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    private static bool OnPath(string program) => !OperatingSystem.IsWindows()
        && Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(place => File.Exists(Path.Combine(place, program)));

    private static bool Matches(string pattern, Type type) =>
        Regex.IsMatch(type.FullName!, $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal)}$")
            && !type.FullName!.EndsWith("PtxTests", StringComparison.Ordinal);

    private static (int ExitCode, string Output) Run(
        string program, IReadOnlyList<string> arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }

    [GeneratedRegex(@"tests_of((?: '[^']+')+)")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\b(Devices|Variants)\.Ids\b|\bOpenCuda\(|""cuda""\]|InlineData\(""cuda""")]
    private static partial Regex OnCuda();
}
