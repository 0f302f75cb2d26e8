using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;

namespace Blip.Cli.Commands;

internal sealed class IndexCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> paths;
    private readonly Option<string> index =
        IndexOption.Create("The index to make, or to add to. Images below its folder are known by their path from there.")
            .Written();
    private readonly Option<bool> prune = new("--prune") { Description = "Also take images out of the index whose files are gone." };
    private readonly Option<bool> pruneAll = new("--prune-all")
    {
        Description = "As --prune, even where a folder is away or empty, or more than half of the index would go.",
    };
    private readonly FramesOption frames;
    private readonly ModelBinding model;

    public IndexCommand(Terminal terminal)
        : base("index", "Puts images into an index, to be found by words. What is there and has not changed is passed over: the same "
            + "command goes on where it ended.")
    {
        this.terminal = terminal;
        paths = PathsArgument.AddTo(this, ArgumentArity.ZeroOrMore);
        Add(index);
        Add(prune);
        Add(pruneAll);
        frames = new FramesOption(this);
        model = new ModelBinding(this, DemoModel.Retrieval);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A folder with its subfolders", "blip index photos --model Salesforce/blip-itm-base-coco"),
        ("An index of its own beside the images", "blip index photos --index photos/blip.index"),
        ("New images in, deleted ones out", "blip index photos --prune"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var arguments = parsed.GetValue(paths) ?? [];
        if (arguments.Length == 0 && !Prunes(parsed))
            throw new UsageException("there is nothing to index: give a folder, or --prune to take out images whose files are gone.");
        if (arguments.Contains(InputExpansion.StandardInput))
            throw new UsageException("an image from standard input has no file to be found again: give files or folders.");
        var path = parsed.GetRequiredValue(index);
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        var sources = InputExpansion.Expand(arguments, terminal.OpenInput, passed: terminal.PassedOver, frames: frames.Of(parsed));
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, sources.Count, terminal.Columns);
        using var embedder = model.Load(parsed, terminal, progress, () => Embedder.Load(source, model.Options<EmbedderOptions>(parsed)));
        using var retriever = Startup.Step(() => Retriever.Open(
            embedder, path, arguments.Length == 0 ? null : frames.Of(parsed) ?? 0));
        foreach (var notice in retriever.Index.Notices)
            terminal.Note(notice);
        try
        {
            return await AddAsync(retriever, sources, progress,
                Prunes(parsed) ? () => retriever.RemoveMissing(parsed.GetValue(pruneAll)).Count : null, cancellationToken);
        }
        catch (IndexException e)
        {
            progress.Clear();
            terminal.Say(e.Message);
            return ExitCodes.SomeFailed;
        }
    }

    private bool Prunes(ParseResult parsed) => parsed.GetValue(prune) || parsed.GetValue(pruneAll);

    private async Task<int> AddAsync(
        Retriever retriever, IReadOnlyList<ImageSource> sources, ProgressLine progress, Func<int>? prune,
        CancellationToken cancellationToken)
    {
        var counts = new int[Enum.GetValues<IndexingOutcome>().Length];
        using var working = terminal.Working();
        progress.Show();
        try
        {
            await foreach (var result in retriever.AddAsync(sources, cancellationToken).MovingAsync(progress))
            {
                counts[(int)result.Outcome]++;
                if (!result.Succeeded)
                {
                    progress.Clear();
                    terminal.Say(result.Error);
                }
                progress.Advance();
            }
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            terminal.Say($"interrupted; {progress}, and the same command goes on from there");
            throw;
        }
        progress.Clear();
        var removed = prune?.Invoke() ?? 0;
        retriever.Index.CompactIfWorthwhile();
        terminal.Output.Write(
            $"{counts[(int)IndexingOutcome.Added]} added, {counts[(int)IndexingOutcome.Updated]} updated, "
                + $"{counts[(int)IndexingOutcome.Unchanged]} unchanged, "
            + $"{removed} removed, {counts[(int)IndexingOutcome.Failed]} failed; {retriever.Index.Count} images in "
            + $"{retriever.Index.Path}\n");
        return counts[(int)IndexingOutcome.Failed] == 0 ? ExitCodes.Success : ExitCodes.SomeFailed;
    }
}
