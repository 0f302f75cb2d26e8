using System.Diagnostics;
using System.Globalization;
using Blip.Bootstrapping.Submitting;

namespace Blip.Tests.Bootstrapping;

/// <summary>The Slurm cluster that <c>eng/slurm.sh</c> started, seen through its own programs.</summary>
internal static class SlurmCluster
{
    /// <summary>Tests on the cluster run one after the other: it has two processors.</summary>
    public const string Collection = "Slurm";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Skips the test where there is no cluster to use.</summary>
    public static async Task NeedAsync()
    {
        const string Hint = "(eval \"$(eng/slurm.sh start DIR)\" starts one)";
        // Without the variable a machine's own cluster would be used, which is for other work.
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SLURM_CONF") is { Length: > 0 }, $"no Slurm: SLURM_CONF is not set {Hint}");
        Assert.SkipUnless(Programs.OnPath("sbatch"), "no Slurm: no sbatch on this machine");
        var (exitCode, states, error) = await Programs.RunAsync("sinfo", ["-h", "-o", "%T"]);
        Assert.SkipUnless(exitCode == 0 && states.Length > 0, $"no Slurm: sinfo says {states}{error} {Hint}");
    }

    /// <summary>Writes the script into the folder and submits it.</summary>
    public static async Task<string> SubmitAsync(SlurmScript script, string folder)
    {
        var path = Path.Combine(folder, $"submit-{Guid.NewGuid():N}.sh");
        await File.WriteAllTextAsync(path, script.Write(), Stop);
        return await SlurmSubmission.SubmitAsync(path, script.LogFolder, Stop);
    }

    /// <summary>Tasks that wait or run.</summary>
    public static async Task<IReadOnlyList<string>> TasksAsync(string job, string states = "PD,R,CG,CF,S")
    {
        var (exitCode, output, error) = await Programs.RunAsync("squeue", ["-h", "-r", "-j", job, "-t", states, "-o", "%i"]);
        // A job that is long gone is an error to squeue.
        Assert.True(exitCode == 0 || error.Contains("Invalid job id", StringComparison.Ordinal), error);
        return exitCode == 0 ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
    }

    /// <summary>Waits for a job's end, and tells how many of its tasks ran at once.</summary>
    public static async Task<int> EndAsync(string job, string logs)
    {
        var most = 0;
        await UntilAsync(async () =>
        {
            most = Math.Max(most, (await TasksAsync(job, "R")).Count);
            return (await TasksAsync(job)).Count == 0;
        }, $"job {job} has not ended", logs);
        return most;
    }

    public static async Task UntilAsync(Func<Task<bool>> holds, string complaint, string logs)
    {
        for (var begin = Stopwatch.GetTimestamp(); !await holds(); await Task.Delay(200, Stop))
        {
            if (Stopwatch.GetElapsedTime(begin) > Patience)
                Assert.Fail($"{complaint} after {Patience}: {Logs(logs)}{(await Programs.RunAsync("scontrol", ["show", "job"])).Output}");
        }
    }

    /// <summary>The facts about a finished task: its state, its exit code and how often it was started again.</summary>
    public static async Task<(string State, string ExitCode, int Restarts)> TaskAsync(string job, int task)
    {
        var (_, output, _) = await Programs.RunAsync("scontrol", ["show", "job", "-o", $"{job}_{task}"]);
        var pairs = output.Split(' ').Select(field => field.Split('=', 2)).Where(field => field.Length == 2);
        var fields = pairs.ToLookup(pair => pair[0], pair => pair[1]);
        var restarts = int.Parse(fields["Restarts"].First(), CultureInfo.InvariantCulture);
        return (fields["JobState"].First(), fields["ExitCode"].First(), restarts);
    }

    /// <summary>A task's script and the program that it runs as its child; null where they do not run yet.</summary>
    public static (int Script, int Child)? ProcessesOf(string job, int task)
    {
        foreach (var script in Processes().Where(process => Contains(process, "cmdline", "slurm_script")))
        {
            string[] variables = [$"SLURM_ARRAY_JOB_ID={job}\0", $"SLURM_ARRAY_TASK_ID={task}\0"];
            if (!variables.All(variable => Contains(script, "environ", variable)))
                continue;
            foreach (var process in Processes())
            {
                if (Contains(process, "status", $"\nPPid:\t{script}\n") && !Contains(process, "cmdline", "slurm_script"))
                    return (script, process);
            }
        }
        return null;
    }

    public static string Logs(string folder) => !Directory.Exists(folder) ? "" : string.Concat(
        Directory.GetFiles(folder, "*.log").Order().Select(file => $"{Path.GetFileName(file)}:\n{File.ReadAllText(file)}\n"));

    private static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0);

    private static bool Contains(int process, string file, string text)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}").Contains(text, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or is another user's.
            return false;
        }
    }
}
