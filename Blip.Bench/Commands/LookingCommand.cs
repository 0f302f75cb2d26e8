using System.CommandLine;
using System.Globalization;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;

namespace Blip.Bench.Commands;

internal sealed class LookingCommand : Command
{
    private readonly TextWriter output;
    private readonly Option<string> device = new("--device") { Description = "cpu, opencl or cuda.", DefaultValueFactory = _ => "cpu" };

    public LookingCommand(TextWriter output)
        : base("looking", "Tells how many of the words that name a shape look at it, on the sample images, by each method.")
    {
        this.output = output;
        Add(device);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        output.WriteLine("| texts | method | words that name a shape | look at it | share | by chance |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (var one in LookingShare.Measure(Checkout.Path("weights", Name), parsed.GetRequiredValue(device)))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {one.Text} | {one.Method}{(one.Layer is { } layer ? $", layer {layer}" : "")} | {one.Words} | {one.Inside} | "
                    + $"{100 * one.Share:F0} % | {100 * one.Chance / one.Words:F0} % |"));
        }
        return 0;
    }
}
