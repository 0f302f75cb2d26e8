using System.Globalization;
using System.Text.Json;
using Blip.Runtime.Pipelines;
using Spectre.Console;

namespace Blip.Cli.Output;

/// <summary>The cost of captions as a table or JSON, given the device's peak in TFLOP/s and bandwidth in GB/s, if known.</summary>
internal sealed class CostReport(IReadOnlyList<StageCost> stages, double? teraflops, double? bandwidth)
{
    // A time needs both limits of the roofline.
    private bool Timed => teraflops is not null && bandwidth is not null;

    public Table Table()
    {
        string[] headings = ["stage", ">runs", ">GFLOP", ">MB weights", ">MB values", ">kernels", ">launches"];
        var table = Tables.Create(Timed ? [.. headings, ">ms at least"] : headings);
        foreach (var stage in stages)
            Add(stage.Name, $"{stage.Runs}", [stage]);
        Add("total", "", stages);
        return table;

        void Add(string name, string runs, IReadOnlyList<StageCost> some)
        {
            string[] cells =
            [
                name, runs, Giga(some.Sum(stage => stage.Flops)), Mega(some.Sum(stage => stage.WeightBytes)),
                    Mega(some.Sum(stage => stage.ValueBytes)),
                $"{some.Sum(stage => stage.Kernels)}", $"{some.Sum(stage => stage.Launches)}",
            ];
            table.AddRow(Timed ? [.. cells, (1000 * some.Sum(Seconds)).ToString("0.000", CultureInfo.InvariantCulture)] : cells);
        }
    }

    public string Json(CostOptions options) => JsonText.Write(indented: true, json =>
    {
        json.WriteStartObject();
        json.WriteString("device", options.Device.ToString().ToLowerInvariant());
        json.WriteString("precision", options.Precision.ToString().ToLowerInvariant());
        if (options.EncoderPrecision is { } encoder)
            json.WriteString("encoderPrecision", encoder.ToString().ToLowerInvariant());
        json.WriteNumber("batchSize", options.BatchSize);
        json.WriteNumber("numBeams", options.NumBeams);
        json.WriteNumber("tokens", options.Tokens);
        json.WriteStartArray("stages");
        foreach (var stage in stages)
        {
            json.WriteStartObject();
            json.WriteString("stage", stage.Name);
            json.WriteNumber("runs", stage.Runs);
            json.WriteNumber("flops", stage.Flops);
            json.WriteNumber("weightBytes", stage.WeightBytes);
            json.WriteNumber("valueBytes", stage.ValueBytes);
            json.WriteNumber("kernels", stage.Kernels);
            json.WriteNumber("launches", stage.Launches);
            if (Timed)
                json.WriteNumber("leastSeconds", Seconds(stage));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private double Seconds(StageCost stage) => stage.Seconds(1e12 * teraflops!.Value, 1e9 * bandwidth!.Value);

    private static string Giga(long flops) => (flops / 1e9).ToString("0.000", CultureInfo.InvariantCulture);

    private static string Mega(long bytes) => (bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture);
}
