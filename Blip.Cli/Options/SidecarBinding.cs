using System.CommandLine;
using Blip.Cli.Output;

namespace Blip.Cli.Options;

internal sealed class SidecarBinding
{
    private readonly Option<bool> sidecar = new("--sidecar")
    {
        Description = "Write each caption beside its image: photo.txt for photo.jpg. An image that has one is left out.",
    };
    private readonly OutputBinding output;
    private readonly Option<string?> prefix = OptionKinds.Text("--prefix", "With --sidecar: what stands before each caption.", "TEXT");
    private readonly Option<string?> suffix = OptionKinds.Text("--suffix", "With --sidecar: what stands behind each caption.", "TEXT");

    /// <summary>Adds the options to a command. --overwrite of <paramref name="output"/> applies to these files, too.</summary>
    public SidecarBinding(Command command, OutputBinding output)
    {
        this.output = output;
        output.OverwriteAlso(sidecar);
        foreach (var option in (Option[])[sidecar, prefix, suffix])
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(sidecar))
                return;
            foreach (var option in ((Option[])[prefix, suffix]).Where(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{option.Name} is about the files of {sidecar.Name}: give that, too.");
        });
    }

    /// <summary>The files, if requested.</summary>
    public SidecarFiles? Open(ParseResult parsed) =>
        parsed.GetValue(sidecar)
            ? new SidecarFiles(parsed.GetValue(prefix) ?? "", parsed.GetValue(suffix) ?? "", output.Overwrites(parsed))
            : null;
}
