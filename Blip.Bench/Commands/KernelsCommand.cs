using System.CommandLine;
using Blip.Bench.Measuring;
using Blip.Bench.Operators;
using Blip.Bench.Reporting;
using Blip.Verification;

namespace Blip.Bench.Commands;

/// <summary><c>kernels</c>: every operator in each kernel form on each device.</summary>
internal sealed class KernelsCommand : Command
{
    private static readonly Effort Full = new(9, TimeSpan.FromMilliseconds(60)), Brief = new(5, TimeSpan.FromMilliseconds(20));

    private readonly TextWriter output;
    private readonly Argument<string[]> operators = new("operator")
    {
        Description = $"Operators; none: all. There are {string.Join(", ", OperatorCatalog.Names)}.",
        HelpName = "OPERATOR",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> device = BenchOptions.Device();
    private readonly Option<string> filter = BenchOptions.Filter();
    private readonly Option<string[]> variants =
        BenchOptions.Words("--variant", "Only these forms of the kernels. [default: all that a device has]", Target.Names);
    private readonly Option<bool> odd = new("--odd")
    {
        Description = "The tests' small and odd cases too: their times say little, their answers are verified.",
    };
    private readonly Option<bool> isShort =
        BenchOptions.Short("About a minute: only the form that a device chooses, without the longest cases.");
    private readonly Option<string?> json = BenchOptions.Json();
    private readonly Option<bool> save = BenchOptions.Save();

    public KernelsCommand(TextWriter output)
        : base("kernels", "Verifies every kernel against its reference in double, and times it.")
    {
        this.output = output;
        operators.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !OperatorCatalog.Names.Contains(token.Value)))
                result.AddError($"'{token.Value}' is no operator; there are {string.Join(", ", OperatorCatalog.Names)}.");
        });
        Add(operators);
        foreach (var option in (Option[])[device, filter, variants, odd, isShort, json, save])
            Add(option);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var brief = parsed.GetValue(isShort);
        Artifacts.Check(parsed.GetValue(save));
        var run = new BenchRun(parsed, output, parsed.GetValue(json));
        var wanted = parsed.GetValue(variants) ?? [];
        foreach (var description in run.Devices(parsed.GetRequiredValue(device)))
        {
            var present = Target.Variants(description);
            var chosen = wanted.Length > 0 ? present.Intersect(wanted).ToList() : brief ? present.Take(1).ToList() : [.. present];
            if (chosen.Count == 0)
                output.WriteLine(
                    $"{description.Id}: --variant asks for {string.Join(", ", wanted)}, and there are {string.Join(", ", present)}; "
                        + $"nothing is measured there.");
            foreach (var variant in chosen)
            {
                using var target = Target.Open(description, variant);
                run.MeasurePeak(target.Device);
                var cases = KernelBench.Cases(
                    parsed.GetValue(operators) ?? [], target, parsed.GetRequiredValue(filter), parsed.GetValue(odd), brief);
                run.Measure(cases, brief ? Brief : Full);
            }
        }
        return run.Finish(parsed.GetValue(save), brief ? "kernels-short" : "kernels");
    }
}
