using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Datasets;
using Blip.Datasets.Shapes;

namespace Blip.Cli.Commands;

/// <summary><c>blip bootstrap demo</c>: writes a noisy data set with known truth.</summary>
internal sealed class BootstrapDemoCommand : Command, IHasExamples
{
    private const string EveryDetail = "all";

    private readonly Terminal terminal;
    private readonly Argument<string> folder =
        new Argument<string>("DIR") { Description = "A folder that is empty or does not exist." }.Written();
    private readonly Option<int?> images = OptionKinds.Number<int>("--images", "Images to draw. [default: 1000]");
    private readonly Option<int?> shardSize = OptionKinds.Number<int>("--shard-size", "Images of each tar. [default: 100]");
    private readonly Option<long?> seed = OptionKinds.Number<long>("--seed", "Another seed is another set. [default: 0]");
    private readonly Option<double?> rightShare = OptionKinds.Number<double>(
        "--right-share", "Share of texts that are true. [default: 0.5]", "SHARE");
    private readonly Option<double?> detailShare = OptionKinds.Number<double>(
        "--detail-share",
        "Share of texts that are wrong in one detail; what is left are other images' texts. [default: 0.25]",
        "SHARE");

    private readonly Option<string> details = Members<WrongDetail>(
        "--details", "Details that are wrong, equally often. The demo matcher does not see swaps. [default: all but swap]", EveryDetail);

    private readonly Option<string> shapes =
        Members<Shape>("--shapes", "Shapes that are drawn. [default: the six that the demo models know]");
    private readonly Option<string> colors =
        Members<ShapeColor>("--colors", "Colours of shapes. [default: the eight that the demo models know]");

    public BootstrapDemoCommand(Terminal terminal)
        : base(
            "demo",
            "Draws scenes with texts that are right, wrong in one detail, or another image's, and writes them as webdataset tars.")
    {
        this.terminal = terminal;
        Add(folder);
        foreach (var option in (Option[])[images, shardSize, seed, rightShare, detailShare, details, shapes, colors])
            Add(option);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("A thousand images in ten tars", "blip bootstrap demo web"),
        ("A larger set that holds every kind of error",
            "blip bootstrap demo web --images 10000 --shard-size 1000 --details all"),
        ("Errors of colour and shape alone",
            "blip bootstrap demo web --right-share 0.5 --detail-share 0.5 --details color,shape"),
    ];

    private static IEnumerable<string> Words(string value) => value
        .Split(',', StringSplitOptions.TrimEntries).Select(word => word.ToLowerInvariant());

    private static Dictionary<WrongDetail, double> Weights(string value) => Words(value)
        .SelectMany(word => word == EveryDetail ? Enum.GetValues<WrongDetail>() : [Enum.Parse<WrongDetail>(word, ignoreCase: true)])
        .Distinct()
        .ToDictionary(detail => detail, _ => 1.0);

    // A list of an enum's members; `every` may stand for all.
    private static Option<string> Members<T>(string name, string description, string? every = null)
        where T : struct, Enum
    {
        var words = Enum.GetNames<T>().Select(member => member.ToLowerInvariant()).ToList();
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join(',', words) + (every is null ? "" : $"|{every}"),
        };
        option.Validators.Add(result =>
        {
            foreach (var word in result.Tokens.SelectMany(token => Words(token.Value))
                .Where(word => word != every && !words.Contains(word)))
                result.AddError($"{name} has '{word}'; give {string.Join(", ", words)}{(every is null ? "" : $", or {every}")}.");
        });
        option.CompletionSources.Add([.. words, .. every is null ? Array.Empty<string>() : [every]]);
        return option;
    }

    private static IReadOnlyList<T> Chosen<T>(string? words, IReadOnlyList<T> plain)
        where T : struct, Enum => words is null ? plain : [.. Words(words).Select(word => Enum.Parse<T>(word, ignoreCase: true))];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = parsed.GetRequiredValue(folder);
        if (path.Length == 0)
            throw new UsageException("DIR is empty; name a folder.");
        var (plain, files) = (new NoisyPairsOptions(), new NoisyFilesOptions());
        var pairs = Startup.Step(() => new NoisyPairs(plain with
        {
            Seed = parsed.GetValue(seed) ?? plain.Seed,
            RightShare = parsed.GetValue(rightShare) ?? plain.RightShare,
            DetailShare = parsed.GetValue(detailShare) ?? plain.DetailShare,
            DetailWeights = parsed.GetValue(details) is { } words ? Weights(words) : plain.DetailWeights,
            Scenes = plain.Scenes with
            {
                Shapes = Chosen(parsed.GetValue(shapes), plain.Scenes.Shapes),
                Colors = Chosen(parsed.GetValue(colors), plain.Scenes.Colors),
            },
        }));
        files = files with { Images = parsed.GetValue(images) ?? files.Images, ShardSize = parsed.GetValue(shardSize) ?? files.ShardSize };
        var progress = new ProgressLine(terminal.Error, terminal.ShowsProgress, files.Images, terminal.Columns, "images");
        using var working = terminal.Working();
        try
        {
            var tars = await pairs.WriteAsync(path, files, new Advance(progress), cancellationToken);
            progress.Clear();
            Report(path, pairs, files, tars.Count);
            return ExitCodes.Success;
        }
        catch (ArgumentException e)
        {
            throw OptionNames.Explain(e);
        }
        catch (DatasetException e) when (e.InnerException is null)
        {
            throw new UsageException(e.Message, e);
        }
        catch (DatasetException e)
        {
            progress.Clear();
            terminal.Say(e.Message);
            return ExitCodes.SomeFailed;
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            terminal.Say($"interrupted; {progress}; to begin anew, give another folder or empty this one");
            throw;
        }
    }

    private void Report(string path, NoisyPairs pairs, NoisyFilesOptions files, int tars)
    {
        var counts = Enumerable.Range(0, files.Images).Select(i => pairs.Pair(i).Truth).CountBy(truth => truth).ToDictionary();
        terminal.Output.Write(
            $"{files.Images} images in {tars} tars in {path}: {Count(PairTruth.Right)} texts are right, "
            + $"{Count(PairTruth.Detail)} wrong in one detail, {Count(PairTruth.Other)} another image's\n");

        int Count(PairTruth truth) => counts.GetValueOrDefault(truth);
    }

    /// <summary>Draws at once: <c>Progress&lt;T&gt;</c> would report later, from another thread.</summary>
    private sealed class Advance(ProgressLine line) : IProgress<int>
    {
        public void Report(int value) => line.Advance();
    }
}
