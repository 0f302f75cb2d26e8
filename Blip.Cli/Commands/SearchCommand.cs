using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Commands;

internal sealed class SearchCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string[]> words = new("words")
    {
        Description = "What is in the image; several words are one description, with quotes or without.",
        HelpName = "WORDS",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> image = OptionKinds.Text("--image", "Find the images nearest to this one, in place of words.", "FILE");
    private readonly Option<string> index = IndexOption.Create("The index to look through; 'blip index' makes it.");
    private readonly Option<int?> top = OptionKinds.Number<int>("--top", "How many images to find. [default: 10]");
    private readonly Option<int?> rerank = OptionKinds.Number<int>(
        "--rerank", "Let the matching head look again at so many of the first, one after the other, and order them by what it says; "
            + "published figures take 256 or 128. [default: 0]");
    private readonly Option<bool> open = new("--open") { Description = "Show the first one in the system's own viewer, too." };
    private readonly FramesOption frames;
    private readonly ModelBinding model;
    private readonly OutputBinding output;

    public SearchCommand(Terminal terminal)
        : base("search", "Finds images in an index by words, or by another image, best first.")
    {
        this.terminal = terminal;
        Add(words);
        foreach (var option in (Option[])[image, index, top, rerank, open])
            Add(option);
        frames = new FramesOption(this);
        model = new ModelBinding(this, DemoModel.Retrieval);
        output = new OutputBinding(
            this,
            "text: a line for each image, with its path, a tab, its cosine and, where the matching head looked, a tab and its probability; "
                + "json: one array; jsonl: one object a line; csv: a table.",
            RecordForm<RetrievalHit>.Formats);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("By words", "blip search \"a dog on a beach\" --model Salesforce/blip-itm-base-coco"),
        ("More exactly, more slowly", "blip search \"a dog on a beach\" --rerank 64"),
        ("By an image", "blip search --image photo.jpg --index photos/blip.index"),
        ("The paths alone", "blip search \"a dog on a beach\" --top 3 | cut -f1"),
        ("Look at the best", "blip search \"a dog on a beach\" --open"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var text = string.Join(' ', parsed.GetValue(words) ?? []);
        var example = parsed.GetValue(image);
        if ((text.Length > 0) == (example is not null))
            throw new UsageException(example is null
                ? "there is nothing to look for: give words, or --image FILE."
                : "--image is given and words are, too; give one of them.");
        var path = parsed.GetRequiredValue(index);
        if (!File.Exists(path))
            throw new UsageException($"--index is '{path}', and there is no such index; make it with 'blip index FOLDER --index {path}'.");
        var options = new SearchOptions
        {
            Top = parsed.GetValue(top) ?? new SearchOptions().Top,
            Rerank = parsed.GetValue(rerank) ?? 0,
            Frames = frames.Of(parsed),
        };
        Startup.Step(() =>
        {
            options.Validate();
            return true;
        });
        var source = await model.ResolveAsync(parsed, terminal, cancellationToken);
        using var file = output.Open(parsed);
        var opened = 0;
        return await new PipelineRun(terminal, model, output) { Texts = [text] }.RunAsync(
            parsed,
            file,
            () => Load(parsed, source),
            pipeline =>
            {
                using var retriever = pipeline is Matcher matcher
                    ? Retriever.OpenRead(matcher, path)
                    : Retriever.OpenRead((Embedder)pipeline, path);
                foreach (var notice in retriever.Index.Notices)
                    terminal.Note(notice);
                return (example is null
                    ? retriever.Search(text, options, cancellationToken)
                    : ByImage(retriever, example, options, cancellationToken)).ToAsyncEnumerable();
            },
            new SearchForm(),
            options.Top,
            "images",
            hit => parsed.GetValue(open) && opened++ == 0 ? Viewer.Open(hit.Path) : null);
    }

    private static IReadOnlyList<RetrievalHit> ByImage(
        Retriever retriever, string example, SearchOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return retriever.SearchByImage(FolderClips.Source(example, options.Frames ?? retriever.Frames), options, cancellationToken);
        }
        catch (ImageException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    // A model without a task has embeddings but no matching head.
    private Pipeline Load(ParseResult parsed, ModelSource source) => source.Config.Head == BlipHead.Model
        ? Embedder.Load(source, model.Options<EmbedderOptions>(parsed))
        : Matcher.Load(source, model.Options<MatcherOptions>(parsed));
}
