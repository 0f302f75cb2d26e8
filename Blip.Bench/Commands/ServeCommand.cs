using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Serving;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Commands;

internal sealed class ServeCommand : Command
{
    private const int Rounds = 3;

    private readonly TextWriter output;
    private readonly Option<string?> model = new("--model") { Description = "The captioner. [default: the demo]", HelpName = "MODEL" };
    private readonly Option<string> device = new("--device")
    {
        Description = "Where it runs.",
        HelpName = "ID",
        DefaultValueFactory = _ => "cpu",
    };
    private readonly Option<int[]> clients = new("--clients")
    {
        Description = "How many ask at once, a row each.",
        HelpName = "n",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [1, 8, 64, 300],
    };

    private readonly Option<int> requests = new("--requests")
    {
        Description = "Requests of a row.",
        HelpName = "n",
        DefaultValueFactory = _ => 600,
    };
    private readonly Option<int> endurance = new("--endurance")
    {
        Description = "Requests of 64 clients, at whose tenths the server's memory is told; 0 for none.",
        HelpName = "n",
    };

    public ServeCommand(TextWriter output)
        : base("serve", "Lets clients ask 'blip serve' for captions: rate, delays, errors and memory, beside the pipeline's own batches.")
    {
        this.output = output;
        foreach (var option in (Option[])[model, device, clients, requests, endurance])
            Add(option);
        foreach (var count in (Option[])[clients, requests])
        {
            count.Validators.Add(result =>
            {
                if (result.Tokens.Any(token => int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) && number < 1))
                    result.AddError($"{count.Name} must be at least 1.");
            });
        }
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (name, where, count) = (parsed.GetValue(model), parsed.GetValue(device)!, parsed.GetValue(requests));
        var files = Directory.GetFiles(Checkout.Path("weights/samples", "the samples"), "*.png").Order(StringComparer.Ordinal).ToArray();
        var images = Array.ConvertAll(files, File.ReadAllBytes);
        using var server = await ServedBlip.StartAsync(name, where);
        using var captioner = Captioner.Load(
            name ?? Checkout.Path("weights/captioning", "the demo captioner"), new CaptionerOptions { Device = where, WarmUp = true });
        await LoadRow.MeasureAsync(server.Address, images, clients: 8, requests: 64);
        await BatchRateAsync(captioner, images, 64);

        output.WriteLine(
            "| clients | captions/s | of the pipeline's batches | p50 ms | p99 ms | slowest /healthz ms | 429 | other errors | MB |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        var wrong = 0;
        foreach (var some in parsed.GetValue(clients)!)
            wrong += await RowAsync(server, captioner, images, some, count);
        wrong += await EndureAsync(server, images, parsed.GetValue(endurance));
        return wrong == 0 ? 0 : 1;
    }

    // Row and batches are measured in turns, and the medians of both are printed.
    private async Task<int> RowAsync(ServedBlip server, Captioner captioner, byte[][] images, int some, int count)
    {
        var (rows, ratios) = (new List<LoadRow>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            rows.Add(await LoadRow.MeasureAsync(server.Address, images, some, count));
            ratios.Add(rows[^1].Rate / await BatchRateAsync(captioner, images, count));
        }
        var middle = rows.OrderBy(row => row.Rate).ElementAt(Rounds / 2);
        var wrong = rows.Sum(row => row.Wrong);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {some} | {middle.Rate:0.0} | {ratios.Order().ElementAt(Rounds / 2):0.00} | {middle.Median * 1000:0.0} | "
                + $"{middle.Slow * 1000:0.0} | {rows.Max(row => row.Health) * 1000:0.0} | {rows.Sum(row => row.Busy)} | {wrong} | "
                + $"{server.Memory >> 20} |"));
        return wrong;
    }

    private async Task<int> EndureAsync(ServedBlip server, byte[][] images, int count)
    {
        if (count == 0)
            return 0;
        output.WriteLine($"{count} requests of 64 clients:");
        var wrong = 0;
        for (var tenth = 1; tenth <= 10; tenth++)
        {
            var row = await LoadRow.MeasureAsync(server.Address, images, clients: 64, Math.Max(1, count / 10));
            wrong += row.Wrong;
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture,
                $"{tenth * count / 10}: {server.Memory >> 20} MB, {row.Rate:0.0} captions/s, {row.Wrong} errors, {row.Busy} busy"));
        }
        return wrong;
    }

    private static async Task<double> BatchRateAsync(Captioner captioner, byte[][] images, int count)
    {
        var start = Stopwatch.GetTimestamp();
        var sources = Enumerable.Range(0, count).Select(i => ImageSource.FromBytes(images[i % images.Length], $"{i}"));
        await foreach (var result in captioner.CaptionAllAsync(sources))
            _ = result.Caption ?? throw new InvalidDataException(result.Error);
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
