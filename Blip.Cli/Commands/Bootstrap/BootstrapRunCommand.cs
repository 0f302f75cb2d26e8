using System.CommandLine;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Files;

namespace Blip.Cli.Commands;

internal sealed class BootstrapRunCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly BootstrapBinding run;
    private readonly QueueBinding queue;

    public BootstrapRunCommand(Terminal terminal)
        : base(
            "run",
            "Writes captions for the images of a data set, and drops the texts that do not fit. Goes on where it stopped; "
            + "any number of processes may share a folder.")
    {
        this.terminal = terminal;
        run = new BootstrapBinding(this);
        queue = new QueueBinding(this);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A first try: a noisy set of drawn shapes, and what is left of it",
            "blip bootstrap demo web && blip bootstrap run web --output clean"),
        ("What img2dataset has downloaded",
            "blip bootstrap run 'laion/{00000..00123}.tar' --captioner Salesforce/blip-image-captioning-large "
            + "--filter Salesforce/blip-itm-large-coco --min-side 256 --output clean"),
        ("With human pairs, which are kept as they are",
            "blip bootstrap run web --human coco/captions_train2017.json --image-root coco/train2017 --output clean"),
        ("Ten captions for each image, the best two texts kept", "blip bootstrap run web --captions 10 --keep-top 2 --output clean"),
        ("From an object store, by its own tool", "blip bootstrap run \"pipe:aws s3 cp s3://bucket/00000.tar -\" --output clean"),
        ("A part of the shards", "blip bootstrap run web --output clean --shards 0-9"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = await run.RequestAsync(parsed, terminal, cancellationToken);
        run.TellOfDemo(parsed, terminal);
        // A cluster's worker that is stopped here must be started again, too.
        using var working = terminal.Working();
        var progress = new BootstrapProgressView(terminal);
        progress.Announce("opening the run …");
        using var bootstrapper = await Startup.StepAsync(() => Bootstrapper.OpenAsync(request));
        progress.Clear();
        run.TellOfThreads(parsed, terminal, bootstrapper.Models);
        foreach (var notice in bootstrapper.Models.SelectMany(model => model.Notices).Distinct())
            terminal.Note(notice);
        await using var shards = await Startup.StepAsync(() => queue.OpenAsync(parsed, bootstrapper, cancellationToken));
        try
        {
            var result = await bootstrapper.RunAsync(shards, progress, cancellationToken);
            progress.Clear();
            terminal.Note(progress.Summary(bootstrapper, result));
            if (result.Stopped)
                return queue.IsCluster(parsed) ? ExitCodes.Requeue : throw new OperationCanceledException(cancellationToken);
            return result.Failures.Count == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            progress.Clear();
            terminal.Say(
                $"'{request.Output}' cannot be written: {FailureReason.Of(e)}. What is finished is kept: "
                + "make room or mend this, and give the same command again.");
            return ExitCodes.SomeFailed;
        }
        catch (ShardQueueException e)
        {
            progress.Clear();
            terminal.Say($"{e.Message} What is finished is kept: give the same command again.");
            return ExitCodes.SomeFailed;
        }
        finally
        {
            progress.Clear();
        }
    }
}
