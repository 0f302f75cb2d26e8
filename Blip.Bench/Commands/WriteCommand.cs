using System.CommandLine;
using Blip.Runtime.Checkpoints;

namespace Blip.Bench.Commands;

internal sealed class WriteCommand : Command
{
    private readonly Argument<string> model = new("model") { Description = "synthetic:NAME.", HelpName = "MODEL" };
    private readonly Argument<string> folder = new("folder")
    {
        Description = "Where to write; made where it is missing.",
        HelpName = "FOLDER",
    };

    public WriteCommand()
        : base("write", "Writes a synthetic model's config and weights to a folder.")
    {
        Add(model);
        Add(folder);
        SetAction(parsed =>
            SyntheticFolder.Write(ModelSource.Resolve(parsed.GetRequiredValue(model)).Config, parsed.GetRequiredValue(folder)));
    }
}
