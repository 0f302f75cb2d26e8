using System.CommandLine;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Options;

internal sealed class DraftBinding
{
    private readonly Option<string> draft = OptionKinds.Choice(
        "--draft",
        "Whether a copy of the decoder in int8 writes words of a single caption ahead, which fp32 verifies: the same words in less time, "
            + "for more memory. "
        + "With auto on a processor, once enough was written that it pays.",
        "auto",
        [.. Enum.GetNames<DraftMode>().Select(name => name.ToLowerInvariant())]);

    public DraftBinding(Command command) => command.Add(draft);

    /// <summary>A note where a requested draft has no effect.</summary>
    public IEnumerable<string> WithoutEffect(ParseResult parsed, GenerationOptions generation)
    {
        if (parsed.GetRequiredValue(draft) == nameof(DraftMode.Int8).ToLowerInvariant()
            && generation is not { NumBeams: 1, NumReturnSequences: 1 })
            yield return $"{draft.Name} int8 changes nothing with --num-beams or --num-return-sequences: a draft is of one sequence";
    }

    public CaptionerOptions Apply(ParseResult parsed, CaptionerOptions options) =>
        options with { Draft = Enum.Parse<DraftMode>(parsed.GetRequiredValue(draft), ignoreCase: true) };
}
