using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Help;
using Blip.Cli.Input;
using Blip.Cli.Options;
using Blip.Cli.Output;
using Blip.Runtime.Tracing;

namespace Blip.Cli.Commands;

/// <summary><c>blip trace</c>: records every layer's output for an image, or finds the first difference of two recordings.</summary>
internal sealed class TraceCommand : Command, IHasExamples
{
    private const string BatchSize = "--batch-size";

    private readonly Terminal terminal;
    private readonly Argument<string[]> image;
    private readonly Option<string> format = OptionKinds.Choice(
        "--format", "text: lines for people; json: one object.", "text", ["text", "json"]);
    private readonly Option<string[]> compare = new("--compare")
    {
        Description = "Compare two traces, or a trace with another program's recording under the same names; exit code 1 where they "
            + "differ.",
        HelpName = "FILE FILE",
        Arity = new ArgumentArity(1, 2),
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<double?> tolerance = OptionKinds.Number<double>(
        "--tolerance",
        "With --compare: how far an element may be off, as a share of its tensor's root mean square. "
        + "[default: 1e-4 for fp32, 2e-2 for fp16, 2e-1 for bf16, 3e-1 for int8]",
        "x");
    private readonly TraceBinding recording;

    public TraceCommand(Terminal terminal)
        : base("trace", "Records what every layer of a model gives for an image, and finds where two such recordings differ first.")
    {
        this.terminal = terminal;
        image = PathsArgument.AddTo(this, ArgumentArity.ZeroOrMore);
        foreach (var option in (Option[])[compare, tolerance, format])
            Add(option);
        recording = new TraceBinding(this);
        Validators.Add(Check);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("Record a caption", "blip trace photo.jpg --model models/blip-image-captioning-base --output ours.safetensors"),
        ("Record an answer", "blip trace photo.jpg --question \"how many dogs are there?\" --output ours.safetensors"),
        ("Record a match", "blip trace photo.jpg --text \"a dog on a beach\" --output ours.safetensors"),
        ("Record a comparison", "blip trace a.jpg b.jpg --text \"both show a dog\" --model models/blip-nlvr --output ours.safetensors"),
        ("Find the first difference", "blip trace --compare ours.safetensors reference.safetensors"),
        ("Every tensor's difference", "blip trace --compare ours.safetensors reference.safetensors --verbose"),
    ];

    private Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var asJson = parsed.GetRequiredValue(format) == "json";
        if (parsed.GetValue(compare) is { Length: > 0 } files)
            return Task.FromResult(
                Compare(files[0], files[1], parsed.GetValue(tolerance), terminal.Verbosity == Verbosity.Verbose, asJson));
        var run = new TraceRun(terminal, recording);
        return Task.Run(() => run.RunAsync(parsed, parsed.GetRequiredValue(image), asJson, cancellationToken), cancellationToken);
    }

    private int Compare(string first, string second, double? tolerance, bool verbose, bool asJson) => Startup.Step(() =>
    {
        using var a = new TraceFile(first);
        using var b = new TraceFile(second);
        var report = new ComparisonReport(a, b, TraceComparison.Of(a, b, tolerance));
        foreach (var note in report.Notes())
            terminal.Note(note);
        if (asJson)
            terminal.Output.WriteLine(report.Json());
        else
            report.WriteText(terminal.Output, verbose);
        return report.Comparison.First is null ? ExitCodes.Success : ExitCodes.Differs;
    });

    // Each option belongs to one of the two modes: none may be ignored.
    private void Check(CommandResult result)
    {
        var comparing = result.GetResult(compare) is { Implicit: false };
        bool Given(Option option) => result.GetResult(option) is { Implicit: false };
        if (!comparing)
        {
            foreach (var option in ((Option[])[tolerance]).Where(Given))
                result.AddError($"{option.Name} is about {compare.Name}: give that, too.");
            if (result.GetResult(image) is not { Tokens.Count: 1 or 2 })
                result.AddError("give an image ('blip trace IMAGE --output FILE'), or two files to compare ('blip trace --compare A B').");
            if (Options.Where(Given).FirstOrDefault(option => option.Name == BatchSize) is not null)
                result.AddError($"{BatchSize} is about many images, and a trace is about one: leave it out.");
            if (!Given(recording.Output))
                result.AddError($"give {recording.Output.Name} FILE: the file that the trace is written to.");
            return;
        }
        if (result.GetResult(compare) is not { Tokens.Count: 2 })
            result.AddError($"{compare.Name} takes two files, the one to judge and the one to judge by.");
        if (result.GetResult(image) is { Tokens: [var path, ..] })
            result.AddError($"'{path.Value}' is to be traced, and {compare.Name} compares files: give one of them.");
        foreach (var option in Options.Except([compare, tolerance, format]).Where(Given))
            result.AddError($"{option.Name} is about recording a trace, and {compare.Name} compares two: leave one of them out.");
        if (result.GetValue(tolerance) is < 0)
            result.AddError($"{tolerance.Name} is below 0; give a share such as 1e-4.");
    }
}
