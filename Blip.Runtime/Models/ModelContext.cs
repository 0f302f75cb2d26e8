using System.Collections.Immutable;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The base that a model's parts share: sizes, device, weights, and the memory that goes with the model.</summary>
internal sealed class ModelContext : IDisposable
{
    private readonly Checkpoint tensors;
    private readonly Stack<IDisposable> owned = [];

    // A cache adds to its notices as it is used.
    private readonly IReadOnlyList<string> ofCache = [], ofProducts = [];
    private ImmutableList<string> told = [];

    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public ModelContext(ModelSource source, BlipHead head, Device device, ModelOptions? options)
    {
        options ??= new ModelOptions();
        tensors = Own(source.OpenCheckpoint(head));
        try
        {
            (Config, Device, KeptPlans) = (options.Compat.Apply(source.Config), device, options.KeptPlans);
            var file = options.Cache ? source.CacheFile(options.Kind, options.CacheFolder) : null;
            var cache = file is null ? null : new PackedCache(file, tensors, PackedWeights.LayoutVersion);
            ITensorSource read = options.OnRead is { } told ? new WatchedTensors(tensors, told, options.CancellationToken) : tensors;
            Weights = Own(new WeightStore(device, read, options.FormatOf, cache));
            Executor = Own(new Executor(device, Weights, options.Passes));
            Precision[] precisions = [options.Precision, options.EncoderPrecision ?? options.Precision.ForEncoder()];
            ofProducts = [.. precisions.Select(precision => Gemm.Refusal(device, precision.ToDType())).OfType<string>().Distinct()];
            ofCache = cache?.Notices
                ?? (options.Cache ? ["the weights are made up and come from no file: there is nothing to keep a cache of"] : []);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The model's sizes after <see cref="ModelOptions.Compat"/>.</summary>
    public BlipConfig Config { get; }

    public Device Device { get; }

    public WeightStore Weights { get; }

    public Executor Executor { get; }

    /// <inheritdoc cref="ModelOptions.KeptPlans"/>
    public int KeptPlans { get; }

    /// <summary>Notices of loading: names in the checkpoint, an unused or unwritable cache, unused instructions.</summary>
    public IReadOnlyList<string> Notices => [.. tensors.Notices, .. ofCache, .. ofProducts, .. told];

    /// <summary>Tensors of the file that the model does not use.</summary>
    public IReadOnlyList<string> ExtraKeys => tensors.ExtraKeys;

    /// <summary>Key of a decoder's output matrix; null if tied to the word embeddings.</summary>
    public string? OutputMatrix => tensors.HasTiedOutput ? null : CheckpointKeys.OutputMatrix;

    /// <summary>Reads a tensor of one element.</summary>
    public float ReadScalar(string key)
    {
        var value = new float[1];
        tensors.Read(key, 0, value);
        return value[0];
    }

    public void Tell(string notice) => told = told.Add(notice);

    /// <summary>Loads a graph's matrices again in another format, for plans over them.</summary>
    public Executor LoadAgain(ComputeGraph graph, DType format)
    {
        var weights = Own(new WeightStore(Device, tensors, _ => format));
        var executor = Own(new Executor(Device, weights, Executor.Passes));
        weights.Load([executor.Optimize(graph)]);
        return executor;
    }

    /// <summary>Disposes it with the model, in reverse order.</summary>
    public T Own<T>(T disposable)
        where T : IDisposable
    {
        owned.Push(disposable);
        return disposable;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (owned.TryPop(out var disposable))
            disposable.Dispose();
    }
}
