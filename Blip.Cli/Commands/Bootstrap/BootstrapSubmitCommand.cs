using System.CommandLine;
using Blip.Cli.Help;

namespace Blip.Cli.Commands;

internal sealed class BootstrapSubmitCommand : Command, IHasExamples
{
    public BootstrapSubmitCommand(Terminal terminal)
        : base(
            "submit", "Hands the shards of a run that are not done to a cluster: a Slurm array, a Kubernetes Indexed Job, or a NATS queue.")
    {
        Add(new SubmitSlurmCommand(terminal));
        Add(new SubmitKubernetesCommand(terminal));
        Add(new SubmitNatsCommand(terminal));
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A Slurm array, submitted",
            "blip bootstrap submit slurm 'laion/*.tar' --output clean --tasks-at-once 16 --sbatch=--gres=gpu:1 --now"),
        ("A Kubernetes job",
            "blip bootstrap submit k8s '/data/laion/*.tar' --output /data/clean --image registry.example/blip --volume data:/data "
            + "| kubectl apply -f -"),
        ("A queue for workers that come and go", "blip bootstrap submit nats nats://queue:4222 'laion/*.tar' --output clean"),
    ];

    /// <summary>The command that starts this program in another shell.</summary>
    internal static IReadOnlyList<string> Program()
    {
        var process = Environment.ProcessPath ?? throw new UsageException("the path of this program is not known: run it as 'blip'.");
        return Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? [process, Path.Combine(AppContext.BaseDirectory, "blip.dll")]
            : [process];
    }
}
