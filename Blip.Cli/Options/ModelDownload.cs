using System.CommandLine;
using Blip.Cli.Output;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Hub;

namespace Blip.Cli.Options;

/// <summary>Handles a hub's model that is not in the cache: downloads it, offers the download, or names the command for it.</summary>
internal sealed class ModelDownload
{
    private readonly Option<bool> download = new("--download")
    {
        Description = "Download a model that is not in the Hugging Face cache, as 'blip pull' does, without asking.",
    };

    public ModelDownload(Command command) => command.Add(download);

    /// <summary>
    /// Ensures that a model is available; other names than the hub's are ignored. A null
    /// <paramref name="revision"/> is the main one; without <paramref name="needsWeights"/> the config suffices.
    /// </summary>
    /// <exception cref="UsageException">It is missing and not downloaded, or the download fails.</exception>
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
            // Some commands need only a part of the model; a missing model has a separate message.
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

    public static HubCache Cache(Terminal terminal) => HubCache.FromEnvironment(terminal.Variable);

    /// <summary>The hub that the environment names.</summary>
    /// <exception cref="UsageException">The environment's settings are invalid.</exception>
    public static ModelHub Open(Terminal terminal) =>
        Startup.Step(() => new ModelHub(new HubSettings(new ModelHubOptions(), terminal.Variable)));

    /// <summary>Downloads a model with a progress bar and a final report.</summary>
    /// <exception cref="UsageException">The download fails.</exception>
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

    // Only a terminal can answer; a script must not wait.
    private static async Task<bool> OffersAsync(Terminal terminal, string model, CancellationToken cancellationToken) =>
        terminal.CanAsk && await terminal.AskAsync(
            $"there is no file or folder {model}, and no such model in the Hugging Face cache. Download it?", cancellationToken);
}
