using System.CommandLine;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Submitting;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;

namespace Blip.Cli.Commands;

/// <summary><c>blip bootstrap submit slurm</c>: writes a batch script for the open shards.</summary>
internal sealed class SubmitSlurmCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly BootstrapBinding run;
    private readonly Option<bool> now = new("--now") { Description = "Submit it; without this the script is written alone." };
    private readonly Option<int?> perTask = OptionKinds.Number<int>(
        "--shards-per-task", "Shards of a task. [default: as few as the cluster's MaxArraySize allows]");
    private readonly Option<int?> atOnce = OptionKinds.Number<int>(
        "--tasks-at-once", "Tasks that run at a time. [default: the cluster's choice]");
    private readonly Option<int?> minutes = OptionKinds.Number<int>(
        "--minutes", "The longest time of a task; it finishes its batch before that, and is requeued. [default: the partition's]");
    private readonly Option<string?> partition = OptionKinds.Text("--partition", "The partition. [default: the cluster's]", "NAME");
    private readonly Option<string[]> sbatch = OptionKinds.Texts(
        "--sbatch", "A further option of sbatch: --sbatch=--gres=gpu:1. Repeatable.", "--NAME=VALUE");

    public SubmitSlurmCommand(Terminal terminal)
        : base(
            "slurm",
            "Writes a Slurm array for the shards that are not done: OUTPUT/slurm/job.sh. "
            + "Its tasks are requeued where they are stopped or killed.")
    {
        this.terminal = terminal;
        run = new BootstrapBinding(this);
        foreach (var option in (Option[])[now, perTask, atOnce, minutes, partition, sbatch])
            Add(option);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Look at the script first", "blip bootstrap submit slurm 'laion/*.tar' --output clean"),
        ("Sixteen tasks at a time, a GPU each",
            "blip bootstrap submit slurm 'laion/*.tar' --output clean --tasks-at-once 16 --sbatch=--gres=gpu:1 --now"),
        ("Again, after a part was cancelled: only what is not done", "blip bootstrap submit slurm 'laion/*.tar' --output clean --now"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = await run.RequestAsync(parsed, terminal, cancellationToken);
        using var bootstrapper = await Startup.StepAsync(() => Bootstrapper.OpenAsync(request, load: false));
        if (bootstrapper.OpenShards.Count == 0)
        {
            terminal.Say($"all {bootstrapper.Shards} shards are done: there is nothing to submit");
            return ExitCodes.Success;
        }
        var submit = parsed.GetValue(now);
        var folder = Path.GetFullPath(Path.Combine(request.Output, "slurm"));
        var script = new SlurmScript
        {
            Command = [.. BootstrapSubmitCommand.Program(), "bootstrap", "run", .. run.Arguments(parsed)],
            Shards = [.. bootstrapper.OpenShards],
            LogFolder = folder,
            WorkingFolder = Directory.GetCurrentDirectory(),
            ShardsPerTask = parsed.GetValue(perTask),
            TasksAtOnce = parsed.GetValue(atOnce),
            // The cluster limits an array's size. A script that is only written keeps to Slurm's default limit.
            MaxArraySize = submit
                ? await Startup.StepAsync(() => SlurmSubmission.MaxArraySizeAsync(cancellationToken))
                : SlurmScript.DefaultMaxArraySize,
            Time = parsed.GetValue(minutes) is { } time ? TimeSpan.FromMinutes(time) : null,
            Partition = parsed.GetValue(partition),
            Directives = parsed.GetValue(sbatch) ?? [],
        };
        var path = Path.Combine(folder, "job.sh");
        var text = Startup.Step(script.Write);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(path, text, cancellationToken);
        terminal.Output.WriteLine(submit
            ? $"submitted job {await Startup.StepAsync(() => SlurmSubmission.SubmitAsync(path, folder, cancellationToken))}"
            : $"sbatch {Shell.Quote(path)}");
        terminal.Say(
            $"{bootstrapper.OpenShards.Count} of {bootstrapper.Shards} shards are not done; "
            + $"the script and the tasks' logs are in '{folder}'");
        return ExitCodes.Success;
    }
}
