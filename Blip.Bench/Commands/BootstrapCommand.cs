using System.CommandLine;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

internal sealed class BootstrapCommand : Command
{
    private readonly TextWriter output;
    private readonly Option<string> captioner = new("--captioner")
    {
        Description = "The captioning checkpoint.",
        HelpName = "MODEL",
        DefaultValueFactory = _ => "synthetic:base",
    };
    private readonly Option<string> filter = new("--filter")
    {
        Description = "The matching checkpoint.",
        HelpName = "MODEL",
        DefaultValueFactory = _ => "synthetic:base",
    };
    private readonly Option<int> images = new("--images")
    {
        Description = "Images of a round.",
        HelpName = "n",
        DefaultValueFactory = _ => 16,
    };
    private readonly Option<int> batch = new("--batch-size")
    {
        Description = "Images that go through the models together.",
        HelpName = "n",
        DefaultValueFactory = _ => 4,
    };
    private readonly Option<int> rounds = new("--rounds")
    {
        Description = "Rounds that count; one that does not goes before.",
        HelpName = "n",
        DefaultValueFactory = _ => 5,
    };
    private readonly Option<int?> memory = new("--memory")
    {
        Description = "Measures the memory of a run of the demo models over so many images instead.",
        HelpName = "n",
    };
    private readonly Option<string> device = BenchOptions.Choice("--device", "Where the models run.", "cpu", BenchOptions.Kinds);
    private readonly Option<bool> isShort = BenchOptions.Short("The demo models, four images and one round.");

    public BootstrapCommand(TextWriter output)
        : base(
            "bootstrap", "Compares the rate of a run of bootstrapping with what captioner and matcher reach alone, or measures its memory.")
    {
        this.output = output;
        foreach (var option in (Option<int>[])[images, batch, rounds])
        {
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                    result.AddError($"{option.Name} is {result.GetValueOrDefault<int>()}; it must be at least 1.");
            });
        }
        foreach (var option in (Option[])[captioner, filter, images, batch, rounds, memory, device, isShort])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var brief = parsed.GetValue(isShort);
        if (parsed.GetValue(memory) is { } many)
            return await MemoryAsync(many, parsed, cancellationToken);
        var speed = new BootstrapSpeed
        {
            Captioner = brief ? Checkout.Path("weights/captioning", Name) : parsed.GetRequiredValue(captioner),
            Filter = brief ? Checkout.Path("weights/retrieval", Name) : parsed.GetRequiredValue(filter),
            Images = brief ? 4 : parsed.GetValue(images),
            BatchSize = parsed.GetValue(batch),
            Rounds = brief ? 1 : parsed.GetValue(rounds),
            Device = parsed.GetRequiredValue(device),
        };
        var models = $"{speed.Captioner} and {speed.Filter}";
        Say($"{models}, {speed.Images} images a round, batches of {speed.BatchSize}, {speed.Rounds} rounds; {Machine.Processor}");
        var times = await speed.MeasureAsync(cancellationToken);
        foreach (var time in times.All)
            Say($"{time.Name,-40} {speed.Images / time.Seconds,8:F2} images/s (median)");
        var (apart, share) = (100 * times.ShareApart, 100 * times.Share);
        var once = times.Shares ? ", where images are encoded once for both" : "";
        Say($"a run reaches {apart:F0} % of the rate of both models alone, one after the other; {share:F0} % as users run it{once}");
        return 0;
    }

    private async Task<int> MemoryAsync(int count, ParseResult parsed, CancellationToken cancellationToken)
    {
        Say($"demo models, {count} images of 96 to 224 pixels; {Machine.Processor}");
        var found = await BootstrapMemory.MeasureAsync(
            Checkout.Path("weights", Name), count, parsed.GetRequiredValue(device),
            (images, bytes) => Say($"{images,8} images {bytes / 1e6,8:F0} MB"), cancellationToken);
        var (before, largest, more) = (found.Before / 1e6, found.Largest / 1e6, (found.Largest - found.Before) / 1e6);
        var rate = found.ImagesPerSecond;
        Say($"models loaded {before:F0} MB, largest afterwards {largest:F0} MB: {more:F0} MB more; {rate:F0} images/s");
        return 0;
    }

    private void Say(FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
