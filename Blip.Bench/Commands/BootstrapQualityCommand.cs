using System.CommandLine;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Datasets.Shapes;

namespace Blip.Bench.Commands;

internal sealed class BootstrapQualityCommand : Command
{
    private const int Full = 1000, Brief = 200;

    private readonly TextWriter output;
    private readonly Option<int?> count = new("--images") { Description = $"Images of the set. [default: {Full}]", HelpName = "n" };
    private readonly Option<long> seed = new("--seed") { Description = "Another seed is another set.", HelpName = "n" };
    private readonly Option<bool> every = new("--every-detail")
    {
        Description = "Makes every detail wrong equally often, swaps among them, which the demo matcher does not see.",
    };
    private readonly Option<string> device = BenchOptions.Choice("--device", "Where the models run.", "cpu", BenchOptions.Kinds);
    private readonly Option<bool> isShort = BenchOptions.Short($"{Brief} images.");

    public BootstrapQualityCommand(TextWriter output)
        : base(
            "bootstrap-quality",
            "Tells how many wrong and right texts of a noisy set, and of the demo captioner, the demo matcher drops and keeps.")
    {
        this.output = output;
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 and var images)
                result.AddError($"--images is {images}; it must be at least 1.");
        });
        foreach (var option in (Option[])[count, seed, every, device, isShort])
            Add(option);
        SetAction(RunAsync);
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new NoisyPairsOptions { Seed = parsed.GetValue(seed) };
        if (parsed.GetValue(every))
            options = options with { DetailWeights = NoisyPairsOptions.EveryDetail };
        var images = parsed.GetValue(count) ?? (parsed.GetValue(isShort) ? Brief : Full);
        Say($"seed {options.Seed}, {images} images; captions by weights/captioning (top-p 0.9), filtered by weights/retrieval:");
        Say($"[ENC] at position 0, an ITM probability of at least {BootstrapQuality.LeastProbability}");
        var weights = Checkout.Path("weights", Name);
        Print(BootstrapQuality.Measure(weights, parsed.GetRequiredValue(device), options, images, cancellationToken));
        return Task.FromResult(0);
    }

    private void Print(BootstrapQuality quality)
    {
        Say($"| texts | what they are | count | kept | dropped | kept, % |");
        Say($"|---|---|---|---|---|---|");
        foreach (var (kind, texts) in quality.Web.OrderBy(pair => pair.Key.Truth).ThenBy(pair => pair.Key.Detail))
            Row("web", Words(kind.Truth, kind.Detail), texts);
        Row("synthetic", "right word for word", quality.SyntheticRight);
        Row("synthetic", "others", quality.SyntheticWrong);
        var (right, wrong, synthetic) = (quality.WebRight, quality.WebWrong, quality.Synthetic);
        Say($"web: of {wrong.Count} wrong texts {100 * wrong.DroppedShare:F1} % are dropped");
        Say($"web: of {right.Count} right texts {100 * right.KeptShare:F1} % are kept");
        var rightShare = 100.0 * quality.SyntheticRight.Count / synthetic.Count;
        Say($"synthetic: {rightShare:F1} % are right word for word, {100 * synthetic.KeptShare:F1} % are kept");
        Say($"synthetic: of {quality.SyntheticWrong.Count} others {100 * quality.SyntheticWrong.DroppedShare:F1} % are dropped");
    }

    private static string Words(PairTruth truth, WrongDetail? detail) => truth switch
    {
        PairTruth.Right => "right",
        PairTruth.Detail => $"wrong in one detail: {detail?.ToString().ToLowerInvariant()}",
        PairTruth.Other => "another image's",
        _ => throw new ArgumentOutOfRangeException(nameof(truth), truth, "There is no such kind of text."),
    };

    private void Row(string texts, string kind, KeptTexts kept) =>
        Say($"| {texts} | {kind} | {kept.Count} | {kept.Kept} | {kept.Dropped} | {100 * kept.KeptShare:F1} |");

    private void Say(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
