using System.CommandLine;
using Blip.Bench.Measuring;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Bench.Commands;

internal sealed class ModelsCommand : Command
{
    // Long cases take seconds: few repetitions, and the verification warms up.
    private static readonly Effort Parts = new(9, TimeSpan.FromMilliseconds(100)), Long = new(5, null) { WarmUps = 0 };

    private static readonly Effort BriefParts = new(5, TimeSpan.FromMilliseconds(50))
    {
        WarmUps = 1,
    }, BriefLong = new(3, null) { WarmUps = 0 };

    private static readonly (int Images, int Beams)[] Batches =
        [(1, 1), (4, 1), (16, 1), (1, 3), (4, 3), (16, 3)], BriefBatches = [(1, 1), (4, 1), (1, 3)];

    private static readonly string[] Precisions = [.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())];

    private readonly TextWriter output;
    private readonly Option<string[]> models = new("--model")
    {
        Description = "synthetic:base, synthetic:large, or a folder with a model; may be given again. [default: synthetic:base and "
            + "synthetic:large; with --short the first]",
        HelpName = "MODEL",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string> device = BenchOptions.Device();
    private readonly Option<string[]> precisions =
        BenchOptions.Words("--precision", "How the decoder's weights are kept. [default: fp32, bf16 and int8; with --short fp32]",
            Precisions);
    private readonly Option<string[]> batches =
        BenchOptions.Batches(
            "--batches", "Images of a batch, and beams where there are several: 1 64 64x3. [default: 1 4 16 1x3 4x3 16x3]");
    private readonly Option<string> filter = BenchOptions.Filter();
    private readonly Option<string?> cli = new("--cli")
    {
        Description = "The blip program for cold starts. [default: the one built beside this one]",
        HelpName = "PATH",
    };
    private readonly Option<bool> isShort =
        BenchOptions.Short(
            "About a minute: one model, small batches, few repetitions; loading and cold start of the demo captioner alone.");
    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public ModelsCommand(TextWriter output)
        : base("models", "Times encoder, tokens, captions, batches, beams, matching, embedding, answering, loading and cold start.")
    {
        this.output = output;
        foreach (var option in (Option[])[models, device, precisions, batches, filter, cli, isShort, json, save])
            Add(option);
        SetAction(Run);
    }

    private static string Demo => Checkout.Path("weights/captioning", "the demo captioner");

    private int Run(ParseResult parsed)
    {
        var brief = parsed.GetValue(isShort);
        Artifacts.Check(parsed.GetValue(save));
        var start = new ColdStart(parsed.GetValue(cli));
        var sources = (parsed.GetValue(models) is { Length: > 0 } named
            ? named : brief ? ["synthetic:base"]
            : ["synthetic:base", "synthetic:large"]).Select(model => ModelSource.Resolve(model)).ToList();
        var kept = (parsed.GetValue(precisions) is { Length: > 0 } wanted ? wanted : brief ? ["fp32"] : ["fp32", "bf16", "int8"])
            .Select(name => Enum.Parse<Precision>(name, ignoreCase: true)).Distinct().ToList();
        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        foreach (var description in run.Devices(parsed.GetRequiredValue(device)))
        {
            using (var opened = Device.Open(description.Id))
                run.MeasurePeak(opened);
            foreach (var source in sources)
            {
                var encoders = new HashSet<Precision>();
                foreach (var precision in kept)
                {
                    Measure(run, new ModelCases(source, description.Id, precision), encoders.Add(precision.ForEncoder()));
                    // A checkpoint has one head, a synthetic model all.
                    if (source.IsSynthetic)
                        Understand(run, new UnderstandingCases(source, description.Id, precision),
                            withManyImages: !brief && precision == kept[0]);
                }
            }
            // From process start to the caption, and loading alone, both from files as users have them.
            var folders = new List<(string Name, string Folder)> { ("demo captioner", Demo) };
            if (!brief)
                folders.AddRange(sources.Select(source => (ModelCases.Name(source), Files(source))));
            foreach (var (name, folder) in folders)
            {
                foreach (var precision in kept)
                {
                    using var cases = new ModelCases(ModelSource.Resolve(folder), description.Id, precision);
                    Add(run, [cases.Load($"{name}: load"),
                        start.Case($"{name}: cold start", description.Id, folder, precision.ToString().ToLowerInvariant())], brief
                        ? BriefLong
                        : Long);
                }
            }
        }
        return run.Finish(parsed.GetValue(save), brief ? "models-short" : "models");

        void Measure(BenchRun run, ModelCases cases, bool withEncoder)
        {
            using (cases)
            {
                Add(run, cases.Parts(withEncoder), brief ? BriefParts : Parts);
                var wanted = BenchOptions.ToBatches(parsed.GetValue(batches)) ?? (brief ? BriefBatches : Batches);
                if (withEncoder && parsed.GetValue(batches) is { Length: > 0 })
                    Add(run, cases.Encoders(wanted.Select(batch => batch.Images).Where(images => images > 1).Distinct()),
                        brief ? BriefLong : Long);
                Add(run, cases.Captions(wanted), brief ? BriefLong : Long);
                if (cases.HasDraft)
                    Add(run, cases.Drafted(), brief ? BriefLong : Parts);
            }
        }

        void Understand(BenchRun run, UnderstandingCases cases, bool withManyImages)
        {
            using (cases)
            {
                Add(run, cases.OneImage(), brief ? BriefLong : Long);
                if (withManyImages)
                    Add(run, cases.ManyImages(), BriefLong);
            }
        }

        void Add(BenchRun run, IEnumerable<BenchCase> cases, Effort effort) =>
            run.Measure(cases.Where(one => one.Work.Contains(parsed.GetRequiredValue(filter), StringComparison.OrdinalIgnoreCase)), effort);
    }

    // A synthetic model is written once, about a gigabyte.
    private string Files(ModelSource source)
    {
        if (!source.IsSynthetic)
            return source.Name;
        var folder = Path.Combine(BenchRun.Folder, source.Name.Replace(':', '-'));
        if (!File.Exists(Path.Combine(folder, "model.safetensors")))
        {
            output.WriteLine($"writing {source.Name} to {folder}, to load it from files");
            SyntheticFolder.Write(source.Config, folder);
        }
        return folder;
    }
}
