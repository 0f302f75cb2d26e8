using System.CommandLine;
using System.CommandLine.Parsing;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>How results come out, and whether each step is timed.</summary>
internal sealed class OutputBinding
{
    private const string TraceExtension = ".json";

    private readonly Option<string> format;
    private readonly Option<string?> output = OptionKinds.Text("--output", "Write the results to a file; progress is shown meanwhile.", "FILE");
    private readonly Option<string?> profile = new("--profile")
    {
        Description = $"Show how long each step took; with a file name ending in {TraceExtension}, also write a trace for chrome://tracing or ui.perfetto.dev.",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="formats">What each format is, for the help.</param>
    /// <param name="names">The formats, the one that is meant when none is named first.</param>
    public OutputBinding(Command command, string formats, params string[] names)
    {
        format = OptionKinds.Choice("--format", formats, names[0], names);
        profile.Validators.Add(RefuseImageAsTrace);
        foreach (var option in (Option[])[format, output, profile])
            command.Add(option);
    }

    /// <summary>The format.</summary>
    public string Format(ParseResult parsed) => parsed.GetRequiredValue(format);

    /// <summary>The file for the results; null for standard output.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(output);

    /// <summary>Begins to time, where that is wanted; null where it is not.</summary>
    /// <exception cref="UsageException">The trace file cannot be written, or several devices are at work.</exception>
    public ProfileReport? Profile(ParseResult parsed, Terminal terminal, Pipeline pipeline)
    {
        if (parsed.GetResult(profile) is not { Implicit: false })
            return null;
        if (pipeline.Devices.Count > 1)
            throw new UsageException($"{profile.Name} times one device, and {pipeline.Devices.Count} are at work; name one with --device.");
        return new ProfileReport(terminal, pipeline, parsed.GetValue(profile));
    }

    // "--profile photo.jpg" must not write a trace over the photo.
    private static void RefuseImageAsTrace(OptionResult result)
    {
        if (result.Tokens is [var token] && !token.Value.EndsWith(TraceExtension, StringComparison.OrdinalIgnoreCase))
            result.AddError($"--profile is '{token.Value}'; a trace's name ends in {TraceExtension}. Put --profile after the images to see the table alone.");
    }
}
