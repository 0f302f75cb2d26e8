using System.CommandLine;
using Blip.Cli.Help;
using Blip.Cli.Options;
using Blip.Runtime.Hub;

namespace Blip.Cli.Commands;

internal sealed class ModelsRemoveCommand : Command, IHasExamples
{
    private readonly Terminal terminal;
    private readonly Argument<string> name = new("name") { Description = "The model, as 'blip models' lists it.", HelpName = "NAME" };
    private readonly Option<string?> revision = OptionKinds.Text(
        "--revision", "One branch, tag or commit of it. [default: all of the model]", "NAME");
    private readonly Option<bool> yes = new("--yes") { Description = "Remove it without asking." };

    public ModelsRemoveCommand(Terminal terminal)
        : base("rm", "Removes a model, or a revision of it, from the Hugging Face cache. Files that other revisions share stay.")
    {
        this.terminal = terminal;
        Add(name);
        Add(revision);
        Add(yes);
        SetAction(RunAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Meaning, string Line)> Examples { get; } =
    [
        ("All of a model", $"blip models rm {DemoModel.Captioning.ForPhotographs}"),
        ("In a script", $"blip models rm {DemoModel.Captioning.ForPhotographs} --yes"),
    ];

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (hub, model) = (ModelDownload.Open(terminal), parsed.GetRequiredValue(name));
        var removal = Startup.Step(() => hub.PlanRemoval(model, parsed.GetValue(revision)));
        var what = $"{model}{(parsed.GetValue(revision) is { } one ? $" at {one}" : "")}";
        if (!parsed.GetValue(yes))
        {
            if (!terminal.CanAsk)
                throw new UsageException($"{what} holds {Disk.Words(removal.Bytes)}: give {yes.Name} to remove it.");
            if (!await terminal.AskAsync($"Remove {what} ({Disk.Words(removal.Bytes)})?", cancellationToken))
            {
                terminal.Note("nothing was removed");
                return ExitCodes.Success;
            }
        }
        Startup.Step(() =>
        {
            removal.Run();
            return true;
        });
        terminal.Note($"{what} is removed: {Disk.Words(removal.Bytes)} are free again");
        return ExitCodes.Success;
    }
}
