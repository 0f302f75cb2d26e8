using System.CommandLine;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

/// <summary>Whether a captioner's decoder has a draft.</summary>
internal sealed class DraftBinding
{
    private readonly Option<string> draft = OptionKinds.Choice(
        "--draft",
        "Whether a copy of the decoder in int8 writes words of a single caption ahead, which fp32 verifies: the same words in less time, for more memory. "
        + "With auto on a processor, once enough was written that it pays.",
        "auto",
        [.. Enum.GetNames<DraftMode>().Select(name => name.ToLowerInvariant())]);

    /// <summary>Adds the option to a command.</summary>
    public DraftBinding(Command command) => command.Add(draft);

    /// <summary>A captioner's options with it.</summary>
    public CaptionerOptions Apply(ParseResult parsed, CaptionerOptions options) =>
        options with { Draft = Enum.Parse<DraftMode>(parsed.GetRequiredValue(draft), ignoreCase: true) };
}
