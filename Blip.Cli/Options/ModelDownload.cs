using System.CommandLine;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Hub;

namespace Blip.Cli.Options;

/// <summary>
/// A model that is named as on the hub and is not in the cache: it is downloaded, offered, or the command is told that gets it.
/// </summary>
internal sealed class ModelDownload
{
    private readonly Option<bool> download = new("--download")
    {
        Description = "Download a model that is not in the Hugging Face cache, as 'blip pull' does, without asking.",
    };

    /// <summary>Adds the option to a command.</summary>
    public ModelDownload(Command command) => command.Add(download);

    /// <summary>Makes sure that a model is there. Names that are not on the hub are left to their readers.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Where to ask, and to show the progress.</param>
    /// <param name="model">The model as the command line names it.</param>
    /// <param name="revision">Its revision; null for the main one.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <param name="needsWeights">False for a command that reads the config alone.</param>
    /// <exception cref="UsageException">It is not there and is not downloaded, or cannot be.</exception>
    public async Task EnsureAsync(
        ParseResult parsed, Terminal terminal, string model, string? revision, CancellationToken cancellationToken,
        bool needsWeights = true)
    {
        if (!ModelSource.IsHubName(model))
            return;
        var hub = Open(terminal);
        if (Startup.Step(() => hub.Find(model, revision)) is not null)
            return;
        if (!parsed.GetValue(download) && !await OffersAsync(terminal, model, cancellationToken))
        {
            // A part of the model is enough for some commands; a missing model has a separate message.
            Startup.Step(() => Cache(terminal).Find(model, revision ?? HubCache.MainBranch));
            if (needsWeights)
            {
                throw new UsageException(
                    $"{model} is not in the Hugging Face cache as a whole; get the rest with: {Command(model, revision)}");
            }
            return;
        }
        await PullAsync(terminal, hub, model, new PullOptions { Revision = revision }, cancellationToken);
    }

    /// <summary>The cache that the environment names.</summary>
    public static HubCache Cache(Terminal terminal) => HubCache.FromEnvironment(terminal.Variable);

    /// <summary>The hub that the environment names.</summary>
    /// <exception cref="UsageException">It names none.</exception>
    public static ModelHub Open(Terminal terminal) =>
        Startup.Step(() => new ModelHub(new HubSettings(new ModelHubOptions(), terminal.Variable)));

    /// <summary>Downloads a model with a bar, and tells how it went.</summary>
    /// <exception cref="UsageException">It cannot be had.</exception>
    public static async Task<PulledModel> PullAsync(
        Terminal terminal, ModelHub hub, string model, PullOptions options, CancellationToken cancellationToken)
    {
        var view = new DownloadView(terminal, model);
        view.Announce("asking the hub …");
        try
        {
            var pulled = await Startup.StepAsync(() => hub.PullAsync(model, options, view, cancellationToken));
            view.Clear();
            terminal.Note(view.Closing(pulled));
            return pulled;
        }
        catch (OperationCanceledException)
        {
            view.Clear();
            terminal.Say(view.Interrupted());
            throw;
        }
        finally
        {
            view.Clear();
        }
    }

    private static string Command(string model, string? revision) =>
        $"blip pull {model}{(revision is null ? "" : $" --revision {revision}")}";

    // Elsewhere there is no answer, and a script must not wait.
    private static async Task<bool> OffersAsync(Terminal terminal, string model, CancellationToken cancellationToken) =>
        terminal.CanAsk && await terminal.AskAsync($"there is no file or folder {model}, and no such model in the Hugging Face cache. Download it?", cancellationToken);
}
