using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;

namespace Blip.Cli.Options;

/// <summary>Which shards a worker takes: all, some by number, or those that a cluster assigns.</summary>
internal sealed class QueueBinding
{
    private const string Here = "here", Slurm = "slurm", Kubernetes = "k8s", Nats = "nats://";

    private readonly Option<string> from = new("--from")
    {
        Description = "What hands out the shards: here (this process takes them in order, beside others that share the folder), "
            + "slurm or k8s (the variables of an array task), or nats://HOST:PORT (a queue that 'blip bootstrap submit nats' fills).",
        HelpName = "here|slurm|k8s|nats://HOST:PORT",
        DefaultValueFactory = _ => Here,
    };

    private readonly Option<string?> shards = OptionKinds.Text("--shards", "Only these shards: 10-19,25. [default: all]", "RANGES");
    private readonly Option<int?> perTask = OptionKinds.Number<int>(
        "--shards-per-task", "slurm, k8s: task n takes the n-th so many shards. [default: an even share]");

    public QueueBinding(Command command)
    {
        from.CompletionSources.Add(Here, Slurm, Kubernetes);
        from.Validators.Add(result =>
        {
            var value = result.Tokens is [var token, ..] ? token.Value : Here;
            if (value is not (Here or Slurm or Kubernetes) && !value.StartsWith(Nats, StringComparison.Ordinal))
                result.AddError($"--from is '{value}'; give {Here}, {Slurm}, {Kubernetes} or {Nats}HOST:PORT.");
        });
        command.Add(from);
        command.Add(shards);
        command.Add(perTask);
        command.Validators.Add(Check);
    }

    /// <summary>Whether a cluster assigned the work, and should restart a stopped worker.</summary>
    public bool IsCluster(ParseResult parsed) => parsed.GetRequiredValue(from) != Here;

    /// <exception cref="ShardQueueException">It is unusable.</exception>
    public async Task<IShardQueue> OpenAsync(ParseResult parsed, Bootstrapper run, CancellationToken cancellationToken)
    {
        var source = parsed.GetRequiredValue(from);
        if (source.StartsWith(Nats, StringComparison.Ordinal))
            return await NatsShardQueue.OpenAsync(source, run.Fingerprint, cancellationToken: cancellationToken);
        return new ShardList(source switch
        {
            Slurm => SlurmTask.Shards(Environment.GetEnvironmentVariable, run.Shards, parsed.GetValue(perTask)),
            Kubernetes => KubernetesTask.Shards(Environment.GetEnvironmentVariable, run.Shards, parsed.GetValue(perTask)),
            Here => parsed.GetValue(shards) is { } ranges ? ShardRange.Parse(ranges, run.Shards) : run.OpenShards,
            _ => throw new UsageException($"--from is '{source}'; give {Here}, {Slurm}, {Kubernetes} or {Nats}HOST:PORT."),
        });
    }

    private void Check(CommandResult result)
    {
        var source = result.GetValue(from) ?? Here;
        if (result.GetResult(shards) is { Implicit: false } && source != Here)
            result.AddError($"--shards names shards, and --from {source} hands them out: give one of them.");
        if (result.GetResult(perTask) is { Implicit: false } && source is not (Slurm or Kubernetes))
            result.AddError($"--shards-per-task is about --from {Slurm} and {Kubernetes}.");
        if (result.GetValue(perTask) < 1)
            result.AddError("--shards-per-task is below 1; a task takes at least one shard.");
    }
}
