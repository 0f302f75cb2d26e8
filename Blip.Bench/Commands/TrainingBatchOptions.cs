using System.CommandLine;
using Blip.Bench.Workloads;
using Blip.Runtime.Models;

namespace Blip.Bench.Commands;

/// <summary>The options of a training batch: <c>--config</c>, <c>--batch</c>, <c>--size</c> and <c>--precision</c>.</summary>
internal sealed class TrainingBatchOptions
{
    private const int Most = 4096;

    private readonly Option<string> config = new("--config")
    {
        Description = "The model whose weights are made up.", HelpName = "synthetic:NAME", DefaultValueFactory = _ => "synthetic:base",
    };

    private readonly Option<int> batch = BenchOptions.Whole("--batch", "Images of a batch, with a caption each.", 4, 1, Most);
    private readonly Option<int> size = BenchOptions.Whole("--size", "The images' side in pixels. [default: the model's]", null, 1, Most);

    private readonly Option<string[]> precision =
        BenchOptions.Words("--precision", "What products are made of. [default: fp32]", ["fp32", "bf16"]);

    public IEnumerable<Option> All => [config, batch, size, precision];

    public TrainingBatch Read(ParseResult parsed) =>
        new(parsed.GetRequiredValue(config), parsed.GetRequiredValue(batch), parsed.GetResult(size) is null ? null : parsed.GetValue(size))
        {
            Precision = parsed.GetValue(precision) is [.., var name] ? Enum.Parse<Precision>(name, ignoreCase: true) : Precision.Fp32,
        };

    /// <summary>The arguments for a child process.</summary>
    public static string[] Arguments(TrainingBatch batch) =>
        ["--config", batch.Model, "--batch", $"{batch.Images}", "--size", $"{batch.Side}", "--precision", batch.PrecisionName];
}
