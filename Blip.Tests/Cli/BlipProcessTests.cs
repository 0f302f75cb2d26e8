using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Blip.Tests.Cli;

/// <summary>The program as a shell runs it.</summary>
public sealed class BlipProcessTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "blip.dll");
    private readonly string folder = Directory.CreateTempSubdirectory("blip-process").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Process Start(string file, params string[] arguments) => Process.Start(new ProcessStartInfo(file, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    private static async Task<CliRun> Shell(string script, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "no bash on this machine");
        using var process = Start("/bin/bash", ["-c", script, "bash", .. arguments]);
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
        await process.WaitForExitAsync(Token);
        return new CliRun(process.ExitCode, await output, await error);
    }

    private string[] Copies(int count) =>
        [.. Enumerable.Range(0, count).Select(i =>
        {
            var path = Path.Combine(folder, $"{i:0000}.png");
            File.Copy(Demo.Sample("00.png"), path);
            return path;
        })];

    [Fact]
    public async Task Through_pipes_it_reads_an_image_and_writes_a_sentence_and_nothing_else()
    {
        var run = await Shell("cat \"$2\" | dotnet \"$1\" caption - --model \"$3\" | cat", Program, Demo.Sample("00.png"), Demo.Model);
        Assert.Equal(new CliRun(0, "a large white ring on a cyan background\n", ""), run);
    }

    /// <summary>A separate cache makes PoCL compile, and its compiler warns about ILGPU's output.</summary>
    [Fact]
    public async Task The_compiler_of_an_OpenCL_driver_is_heard_with_verbose_alone()
    {
        Assert.SkipUnless(Devices.Has("opencl"), "no OpenCL on this machine");
        const string Script = "POCL_CACHE_DIR=\"$4\" dotnet \"$1\" caption \"$2\" --model \"$3\" --device opencl";

        var quiet = await Shell(Script, Program, Demo.Sample("00.png"), Demo.Model, Path.Combine(folder, "one"));
        var verbose = await Shell(Script + " --verbose", Program, Demo.Sample("00.png"), Demo.Model, Path.Combine(folder, "two"));

        Assert.Equal(new CliRun(0, "a large white ring on a cyan background\n", ""), quiet);
        Assert.Equal(quiet.Output, verbose.Succeeded());
        Assert.Contains("it runs on opencl:0", verbose.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_it_quietly()
    {
        Copies(2000);
        var run = await Shell("set -o pipefail; dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu | head -1; echo ${PIPESTATUS[0]}",
            Program, folder, Demo.Model);
        Assert.Equal("", run.Error);
        Assert.Equal($"{Path.Combine(folder, "0000.png")}\ta large white ring on a cyan background\n141\n", run.Output);
    }

    [Fact]
    public async Task Appending_to_a_file_keeps_what_others_wrote()
    {
        var log = Path.Combine(folder, "log.txt");
        var run = await Shell("{ echo before; dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu; echo after; } > \"$4\"", Program,
            Demo.Sample("00.png"), Demo.Model, log);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("before\na large white ring on a cyan background\nafter\n", File.ReadAllText(log));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_ends_it_after_the_work_in_hand_and_keeps_what_is_finished(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        if (signal == "HUP")
            FullRun.Only();
        Copies(3000);
        var file = Path.Combine(folder, "captions.json");
        using var process =
            Start("dotnet", Program, "caption", folder, "--model", Demo.Model, "--device", "cpu", "--format", "json", "--output", file);
        var error = process.StandardError.ReadToEndAsync(Token);
        while (new FileInfo(file + ".partial") is not { Exists: true, Length: >= 500 })
            await Task.Delay(20, Token);
        using (var kill = Start("kill", $"-{signal}", $"{process.Id}"))
            await kill.WaitForExitAsync(Token);
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), Token);

        Assert.Equal(exitCode, process.ExitCode);
        Assert.Matches(@"^blip: interrupted; \d+ of 3000 images are done\n$", await error);
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        Assert.InRange(json.RootElement.GetArrayLength(), 1, 2999);
        Assert.All(json.RootElement.EnumerateArray(),
            record => Assert.Equal("a large white ring on a cyan background", record.GetProperty("caption").GetString()));
    }

    [Fact]
    public async Task A_signal_ends_the_wait_for_standard_input()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        using var process = Start("dotnet", Program, "caption", "-", "--model", Demo.Model, "--device", "cpu", "--format", "json");
        var start = new char[1];
        Assert.Equal(1, await process.StandardOutput.ReadAsync(start, Token));
        using (var kill = Start("kill", "-INT", $"{process.Id}"))
            await kill.WaitForExitAsync(Token);
        await process.WaitForExitAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Equal(130, process.ExitCode);
        Assert.Equal("[]\n", start[0] + await process.StandardOutput.ReadToEndAsync(Token));
    }

    [Fact]
    public async Task Standard_output_that_is_closed_is_told_of()
    {
        var run = await Shell("dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu >&-", Program, Demo.Sample("00.png"), Demo.Model);
        Assert.Equal(new CliRun(1, "",
            "blip: the results cannot be written: standard output is closed; name a file with --output, or leave standard output open.\n"),
            run);
        var file = Path.Combine(folder, "captions.txt");
        run = await Shell("dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu --output \"$4\" >&-", Program, Demo.Sample("00.png"),
            Demo.Model, file);
        Assert.Equal(new CliRun(0, "", ""), run);
        Assert.Equal("a large white ring on a cyan background\n", File.ReadAllText(file));
    }

    /// <summary>The runtime takes the numbers of closed streams for its pipes.</summary>
    [Theory]
    [InlineData("\"$2\" <&- >&-", 1, "", "standard output is closed")]
    [InlineData("- <&-", 1, "", "-: standard input is closed; name a file")]
    [InlineData("\"$2\" <&- 2>&-", 0, "a large white ring on a cyan background\n", "")]
    public async Task Streams_that_are_closed_together_are_told_of(string end, int exitCode, string output, string error)
    {
        var run = await Shell($"dotnet \"$1\" caption --model \"$3\" --device cpu {end}", Program, Demo.Sample("00.png"), Demo.Model);
        Assert.Equal((exitCode, output), (run.ExitCode, run.Output));
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--output", "captions.txt")]
    [InlineData("--vocab", "vocab.txt")]
    public async Task A_signal_ends_the_wait_for_the_other_end_of_a_pipe(string option, string name)
    {
        if (option != "--output")
            FullRun.Only();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are Unix's");
        var pipe = Path.Combine(folder, name);
        var run = await Shell(
            "mkfifo \"$5\"; dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu \"$4\" \"$5\" & sleep 2; kill -TERM $!; "
                + "SECONDS=0; wait $!; echo $? $((SECONDS < 15))",
            Program, Demo.Sample("00.png"), Demo.Model, option, pipe);
        Assert.Equal(new CliRun(0, "143 1\n", ""), run);
    }

    [Fact]
    public async Task A_pipe_that_has_a_reader_gets_the_results()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes of names are Unix's");
        var run = await Shell(
            "mkfifo \"$4\"; dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu --output \"$4\" & cat \"$4\"; wait $!",
            Program, Demo.Sample("00.png"), Demo.Model, Path.Combine(folder, "pipe"));
        Assert.Equal(new CliRun(0, "a large white ring on a cyan background\n", ""), run);
    }

    /// <summary>Who runs it under nohup wants it to go on when the terminal is closed.</summary>
    [Fact]
    public async Task A_hang_up_that_is_ignored_stays_ignored()
    {
        FullRun.Only();
        var run = await Shell(
            "trap '' HUP; { sleep 4; cat \"$2\"; } | dotnet \"$1\" caption - --model \"$3\" --device cpu & sleep 2; kill -HUP $!; wait $!",
            Program, Demo.Sample("00.png"), Demo.Model);
        Assert.Equal(new CliRun(0, "a large white ring on a cyan background\n", ""), run);
    }

    [Fact]
    public async Task Cold_it_captions_an_image_of_the_demo_in_two_seconds()
    {
        // Processor time, the best of three: other tests run beside it, and a clock on the wall would time them as well.
        var best = double.PositiveInfinity;
        for (var i = 0; i < 3; i++)
        {
            var run = await Shell(
                "TIMEFORMAT='%U %S'; time dotnet \"$1\" caption \"$2\" --model \"$3\"", Program, Demo.Sample("00.png"), Demo.Model);
            run.Succeeded();
            best = Math.Min(best, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ')
                .Sum(seconds => double.Parse(seconds, CultureInfo.InvariantCulture)));
        }
        Assert.True(best < 2, $"{best} s of processor time, the program's start included");
    }

    /// <summary>.NET resolves a link that has a bare name from the root of the disk.</summary>
    [Fact]
    public async Task A_link_in_the_current_folder_leads_to_its_target()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links are Unix's");
        const string Script = "cd \"$4\" && ln -s target.jsonl link.jsonl && "
            + "dotnet \"$1\" caption \"$2\" --model \"$3\" -o link.jsonl --overwrite";
        var run = await Shell(Script, Program, Path.GetFullPath(Demo.Sample("00.png")), Path.GetFullPath(Demo.Model), folder);

        run.Succeeded();
        Assert.Single(File.ReadAllLines(Path.Combine(folder, "target.jsonl")));
        Assert.NotNull(new FileInfo(Path.Combine(folder, "link.jsonl")).LinkTarget);
    }

    /// <summary>.NET lists such names, and finds no files of them; it could not delete them either.</summary>
    [Fact]
    public async Task Names_that_are_not_UTF_8_leave_the_other_images_of_their_folder()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems have no such names");
        const string Script = "cd \"$4\" && mkdir -p all/$'dir\\xff' && cp \"$2\" all/00.png && cp \"$2\" all/$'bad\\xff.png' "
            + "&& cp \"$2\" all/$'dir\\xff'/01.png; dotnet \"$1\" caption all --model \"$3\"; code=$?; rm -r all; exit $code";
        var run = await Shell(Script, Program, Path.GetFullPath(Demo.Sample("00.png")), Path.GetFullPath(Demo.Model), folder);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("all/00.png\ta large white ring on a cyan background\n", run.Output);
        Assert.Contains("its name is not UTF-8", run.Error, StringComparison.Ordinal);
        Assert.Contains("folders whose names are not UTF-8", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_is_no_name_for_results()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems have no such names");
        var run = await Shell(
            "cd \"$3\" && dotnet \"$1\" caption \"$2\" -o $'\\xff.jsonl'", Program, Path.GetFullPath(Demo.Sample("00.png")), folder);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("whose name is not UTF-8", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public async Task A_full_disk_leaves_no_part_of_a_trace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs namespaces");
        // The disk is gone with the shell in its namespace.
        const string Own = "exec unshare -rm bash -c 'mount -t tmpfs -o size=4k none \"$4\" && ";
        Assert.SkipUnless((await Shell(Own + "true' bash \"$@\"", "", "", "", folder)).ExitCode == 0, "no right to mount a disk");
        var run = await Shell(
            Own + "{ dotnet \"$1\" caption \"$2\" --model \"$3\" --device cpu --profile \"$4/t.json\"; echo $?; ls \"$4\"; }' bash \"$@\"",
            Program, Demo.Sample("00.png"), Demo.Model, folder);

        Assert.Equal("a large white ring on a cyan background\n1\n", run.Output);
        Assert.Contains("t.json': no space is left on the disk", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_option_is_a_message_and_no_stack_trace()
    {
        var run = await Shell("dotnet \"$1\" caption x.png --num-beams many", Program);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("blip: --num-beams is 'many'; give a whole number.\nblip: see 'blip caption --help'\n", run.Error);
    }
}
