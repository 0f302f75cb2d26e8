using System.Diagnostics;
using Blip.Runtime.Pipelines;
using Blip.Server.Http;
using Microsoft.Extensions.Options;

namespace Blip.Server.Hosting;

/// <summary>The models of a server, loaded in the background once the host has started.</summary>
internal sealed partial class ModelSet : IHostedService, IDisposable
{
    private readonly ILogger<ModelSet> logger;
    private readonly string? index;
    private volatile Retriever? retriever;
    private readonly CancellationTokenSource stop = new();
    private Task loading = Task.CompletedTask;

    public ModelSet(IOptions<BlipServerOptions> options, ILogger<ModelSet> logger)
    {
        this.logger = logger;
        var served = options.Value;
        index = served.Index;
        Caption = new("caption", "captions", served.CaptionModel,
            (model, stopping) => Captioner.LoadAsync(model, served.Captioner, cancellationToken: stopping));
        Ask = new("ask", "questions", served.AskModel,
            (model, stopping) => QuestionAnswerer.LoadAsync(model, served.Answerer, cancellationToken: stopping));
        Match = new("match", "matches and vectors", served.MatchModel, LoadMatcherAsync);

        async Task<Matcher> LoadMatcherAsync(string model, CancellationToken stopping)
        {
            var matcher = await Matcher.LoadAsync(model, served.Matcher, cancellationToken: stopping).ConfigureAwait(false);
            try
            {
                retriever = index is null ? null : Runtime.Pipelines.Retriever.OpenRead(matcher, index);
                return matcher;
            }
            catch
            {
                matcher.Dispose();
                throw;
            }
        }
    }

    public ModelSlot<Captioner> Caption { get; }

    public ModelSlot<QuestionAnswerer> Ask { get; }

    public ModelSlot<Matcher> Match { get; }

    /// <summary>Searches the index.</summary>
    /// <exception cref="RequestException">There is no index, or its model is not loaded.</exception>
    public Retriever Retriever()
    {
        if (index is null)
            throw new RequestException(
                StatusCodes.Status501NotImplemented, "This server has no index to search: start it with --index FILE.")
            {
                Code = "index_not_served",
            };
        Match.Get();
        return retriever!;
    }

    public IReadOnlyList<IModelSlot> Served => [.. new IModelSlot[] { Caption, Ask, Match }.Where(slot => slot.IsServed)];

    /// <summary>Ends when every model is loaded, or when one fails.</summary>
    public Task Loaded => loading;

    /// <summary>The models' age in <c>/v1/models</c>.</summary>
    public DateTimeOffset Created { get; } = DateTimeOffset.UtcNow;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        loading = Task.Run(() => LoadAsync(stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        // A load stops between two tensors; then its device is freed.
        await loading.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        retriever?.Dispose();
        foreach (var slot in Served)
            slot.Dispose();
        stop.Dispose();
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var slot in Served)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                var notices = await slot.LoadAsync(cancellationToken).ConfigureAwait(false);
                LogLoaded(slot.Kind, Stopwatch.GetElapsedTime(began).TotalSeconds, notices[0]);
                foreach (var notice in notices.Skip(1))
                    LogNotice(slot.Kind, notice);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(slot.Kind, e.Message);
                throw;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The model '{Kind}' was loaded in {Seconds:F1} s, {Device}.")]
    private partial void LogLoaded(string kind, double seconds, string device);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model '{Kind}': {Notice}")]
    private partial void LogNotice(string kind, string notice);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The model '{Kind}' could not be loaded: {Reason}")]
    private partial void LogFailed(string kind, string reason);
}
