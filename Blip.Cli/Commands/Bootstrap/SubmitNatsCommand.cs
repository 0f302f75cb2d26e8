using System.CommandLine;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Bootstrapping.Submitting;
using Blip.Cli.Help;
using Blip.Cli.Options;

namespace Blip.Cli.Commands;

/// <summary><c>blip bootstrap submit nats</c>: fills a queue for any number of workers.</summary>
internal sealed class SubmitNatsCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> url = new("url")
    {
        Description = "The server: nats://HOST:PORT, with /STREAM where it is not the run's own.",
        HelpName = "URL",
    };
    private readonly BootstrapBinding run;
    private readonly Option<int?> ackWait = OptionKinds.Number<int>(
        "--ack-wait", "Seconds that a worker may be silent before its shard goes to another. [default: 60]", "seconds");

    public SubmitNatsCommand(Terminal terminal)
        : base(
            "nats",
            "Puts the shards that are not done into a NATS JetStream queue, and prints the command of its workers. Safe to give again.")
    {
        this.terminal = terminal;
        Add(url);
        run = new BootstrapBinding(this);
        Add(ackWait);
        ackWait.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1)
                result.AddError("--ack-wait is below 1; give at least a second.");
        });
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Fill the queue", "blip bootstrap submit nats nats://queue:4222 'laion/*.tar' --output clean"),
        ("A worker, on any machine, at any time", "blip bootstrap run 'laion/*.tar' --output clean --from nats://queue:4222"),
    ];

    private NatsQueueOptions QueueOptions(ParseResult parsed) =>
        parsed.GetValue(ackWait) is { } seconds ? new NatsQueueOptions { AckWait = TimeSpan.FromSeconds(seconds) } : new NatsQueueOptions();

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (server, request) = (parsed.GetRequiredValue(url), await run.RequestAsync(parsed, terminal, cancellationToken));
        using var bootstrapper = await Startup.StepAsync(() => Bootstrapper.OpenAsync(request, load: false));
        var added = await Startup.StepAsync(
            () => NatsShardQueue.FillAsync(
                server, bootstrapper.Fingerprint, bootstrapper.OpenShards, QueueOptions(parsed), cancellationToken));
        terminal.Say(
            $"{added} of {bootstrapper.Shards} shards were put into the queue, {bootstrapper.ShardsDone} are done; a worker's command:");
        string[] worker = ["blip", "bootstrap", "run", .. run.Arguments(parsed), "--from", server];
        terminal.Output.WriteLine(string.Join(' ', worker.Select(
            word => word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,".Contains(c)) ? word : Shell.Quote(word))));
        return ExitCodes.Success;
    }
}
