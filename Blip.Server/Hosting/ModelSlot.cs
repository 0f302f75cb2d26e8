using Blip.Runtime.Pipelines;
using Blip.Server.Http;

namespace Blip.Server.Hosting;

/// <summary>One model of a server: absent, loading, failed or ready.</summary>
internal sealed class ModelSlot<T>(string kind, string purpose, string? model, Func<string, CancellationToken, Task<T>> load) : IModelSlot
    where T : Pipeline
{
    private volatile T? pipeline;
    private volatile Exception? failure;

    /// <inheritdoc/>
    public string Kind => kind;

    /// <inheritdoc/>
    public bool IsServed => model is not null;

    /// <inheritdoc/>
    public ModelState State => model is null
        ? ModelState.Absent : pipeline is not null ? ModelState.Ready : failure is not null ? ModelState.Failed
        : ModelState.Loading;

    /// <inheritdoc/>
    public Exception? Failure => failure;

    /// <exception cref="RequestException">It is not served, not loaded yet, or failed to load.</exception>
    public T Get() => pipeline ?? throw (State switch
    {
        ModelState.Absent =>
            new RequestException(
                StatusCodes.Status501NotImplemented, $"This server has no model for {purpose}: start it with --model {kind}=NAME.")
            {
                Code = "model_not_served",
            },
        ModelState.Failed =>
            new RequestException(
                StatusCodes.Status503ServiceUnavailable, $"The model '{kind}' could not be loaded; the server's log says why.")
            {
                Code = "model_failed",
            },
        _ => new RequestException(
            StatusCodes.Status503ServiceUnavailable, $"The model '{kind}' is being loaded; try again in a few seconds.")
        {
            Code = "model_loading",
            RetryAfter = TimeSpan.FromSeconds(2),
        },
    });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var loaded = await load(model!, cancellationToken).ConfigureAwait(false);
            if (!loaded.HasVocabulary)
            {
                loaded.Dispose();
                throw new ArgumentException(
                    $"The model '{kind}' has no vocabulary, and a server speaks in words: give it a VocabularyFile.");
            }
            pipeline = loaded;
            return [$"on {loaded.DeviceDescription.Id} ({loaded.DeviceDescription.Name})", .. loaded.Notices];
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            failure = e;
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => pipeline?.Dispose();
}

internal interface IModelSlot : IDisposable
{
    /// <summary>Its name in requests, such as <c>caption</c>.</summary>
    string Kind { get; }

    bool IsServed { get; }

    ModelState State { get; }

    Exception? Failure { get; }

    /// <summary>Loads it and returns its notices.</summary>
    Task<IReadOnlyList<string>> LoadAsync(CancellationToken cancellationToken);
}

internal enum ModelState
{
    Absent,

    Loading,

    Ready,

    Failed,
}
