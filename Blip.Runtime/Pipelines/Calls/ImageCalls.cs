using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>Calls about single images that run in batches. Each has the same result as alone.</summary>
internal sealed class ImageCalls<TWork, TResult>
{
    private readonly PipelineHost host;
    private readonly ImageEncoder encoder;
    private readonly CallQueue<ImageCall<TWork, TResult>> queue;

    public ImageCalls(Pipeline pipeline, ImageEncoder encoder, string operation)
    {
        (host, this.encoder) = (pipeline.Host, encoder);
        queue = new CallQueue<ImageCall<TWork, TResult>>(pipeline, host, operation, Serve);
    }

    /// <summary>A batch's results, in order; called in turn.</summary>
    public required Func<IReadOnlyList<(DecodedImage Image, TWork Work)>, CancellationToken, IReadOnlyList<TResult>> Run { get; init; }

    /// <summary>Whether two calls may share a batch.</summary>
    public required Func<TWork, TWork, bool> Together { get; init; }

    /// <summary>The number of tokens that a result read and wrote; null where none are generated.</summary>
    public Func<TResult, (int Read, int Written)>? TokensOf { get; init; }

    /// <summary>Makes a call without blocking a thread. With <paramref name="needsPixels"/> kept states are not enough.</summary>
    public Task<TResult> CallAsync(ImageSource image, TWork work, bool needsPixels, CancellationToken cancellationToken) =>
        queue.AnnouncedAsync(async arrive =>
    {
        if (image.Features is { } features)
            return (await Ask(new DecodedImage(image, null, null) { Features = features }, null).ConfigureAwait(false)).Result!;
        var key = encoder.Cache.Keeps && !needsPixels ? image.Identity() : null;
        if (key is not null && encoder.Cache.MayHold(key))
        {
            var known = await Ask(new DecodedImage(image, null, null), key).ConfigureAwait(false);
            if (!known.NeedsPixels)
                return known.Result!;
        }
        return await host.WithImageAsync(
            image, async (decoded, _) => (await Ask(decoded, key).ConfigureAwait(false)).Result!, cancellationToken).ConfigureAwait(false);

        Task<ImageCallResult<TResult>> Ask(DecodedImage decoded, string? its) =>
            arrive(new ImageCall<TWork, TResult>(decoded, its, work, cancellationToken)).Result;
    });

    private void Serve()
    {
        while (queue.First() is { } first)
        {
            // The first call is always taken.
            var calls = queue.Take(host.BatchSize, call => call == first || Together(first.Work, call.Work));
            try
            {
                Serve(calls);
            }
            catch (Exception e)
            {
                foreach (var call in calls)
                    call.Fail(e);
            }
            if (host.IsWanted)
                return;
        }
    }

    private void Serve(IReadOnlyList<ImageCall<TWork, TResult>> calls)
    {
        using var cancellation = new AllCancelled([.. calls.Select(call => call.CancellationToken)]);
        var batch = new List<(ImageCall<TWork, TResult> Call, DecodedImage Image)>();
        foreach (var call in calls)
        {
            if (Ready(call) is { } image)
                batch.Add((call, image));
        }
        if (batch.Count == 0)
            return;
        var (states, images) = Gather(batch);
        using var gathered = states;
        var work = batch.Select((pair, i) => (images is null ? pair.Image : pair.Image with { Encoded = images[i] }, pair.Call.Work));
        var results = queue.Measure("batch", batch.Count, () => Run([.. work], cancellation.Token));
        foreach (var (pair, result) in batch.Zip(results))
        {
            // Counting tokenizes the questions again, only for listeners.
            if (pair.Call.Meter is { IsHeard: true } meter && TokensOf?.Invoke(result) is { } tokens)
                meter.Count(tokens.Read, tokens.Written);
            pair.Call.Complete(result);
        }
        encoder.Cache.Trim();
    }

    // The image on the device or with pixels; null where the call has ended.
    private DecodedImage? Ready(ImageCall<TWork, TResult> call)
    {
        try
        {
            if (call.Image.Features is { } handle)
            {
                ObjectDisposedException.ThrowIf(handle.IsFree, handle);
                return call.Image;
            }
            if (call.Key is null)
                return call.Image;
            if (encoder.Cache.Find(call.Key) is { } known)
                return new DecodedImage(call.Image.Source, null, null) { Features = known };
            if (call.Image.HasPixels)
                return new DecodedImage(call.Image.Source, null, null) { Features = encoder.Remember(call.Key, call.Image) };
            call.AskForPixels();
            return null;
        }
        catch (Exception e)
        {
            call.Fail(e);
            return null;
        }
    }

    // Gathers handles of one image each into a batch. Handles of other pipelines are refused where they are read.
    private (ImageStates? States, EncodedImage[]? Images) Gather(List<(ImageCall<TWork, TResult> Call, DecodedImage Image)> batch) =>
        batch.Count > 1 && batch.TrueForAll(pair => pair.Image.Features is { } features && features.BelongsTo(host))
            ? encoder.Gather(batch.ConvertAll(pair => pair.Image.Features!))
            : (null, null);
}
