using System.Collections.Immutable;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The base of a model's parts: its sizes, its device, its weights there, and the memory that goes with the model.</summary>
internal sealed class ModelContext : IDisposable
{
    private readonly Checkpoint tensors;
    private readonly Stack<IDisposable> owned = [];

    // A cache adds to it as it is used.
    private readonly IReadOnlyList<string> ofCache = [], ofProducts = [];
    private ImmutableList<string> told = [];

    /// <param name="source">Config and tensors.</param>
    /// <param name="head">The head whose tensors must be there.</param>
    /// <param name="device">Where the model is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
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
            ofCache = cache?.Notices ?? (options.Cache ? ["the weights are made up and come from no file: there is nothing to keep a cache of"] : []);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The model's sizes, as <see cref="ModelOptions.Compat"/> has them.</summary>
    public BlipConfig Config { get; }

    /// <summary>Where it runs.</summary>
    public Device Device { get; }

    /// <summary>Its weights on the device.</summary>
    public WeightStore Weights { get; }

    /// <summary>Makes plans of its graphs.</summary>
    public Executor Executor { get; }

    /// <inheritdoc cref="ModelOptions.KeptPlans"/>
    public int KeptPlans { get; }

    /// <summary>Notices of loading: about names in the checkpoint; why a cache was not used, or could not be written; which instructions are not used.</summary>
    public IReadOnlyList<string> Notices => [.. tensors.Notices, .. ofCache, .. ofProducts, .. told];

    /// <summary>Tensors of the file that the model has no use for.</summary>
    public IReadOnlyList<string> ExtraKeys => tensors.ExtraKeys;

    /// <summary>Key of a decoder's output matrix; null where it is tied to the word embeddings.</summary>
    public string? OutputMatrix => tensors.HasTiedOutput ? null : CheckpointKeys.OutputMatrix;

    /// <summary>Reads a tensor that is a single number.</summary>
    public float ReadScalar(string key)
    {
        var value = new float[1];
        tensors.Read(key, 0, value);
        return value[0];
    }

    /// <summary>Adds a notice.</summary>
    public void Tell(string notice) => told = told.Add(notice);

    /// <summary>Loads a graph's matrices once more in another format, and makes plans over them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="format">How its matrices are stored.</param>
    public Executor LoadAgain(ComputeGraph graph, DType format)
    {
        var weights = Own(new WeightStore(Device, tensors, _ => format));
        var executor = Own(new Executor(Device, weights, Executor.Passes));
        weights.Load([executor.Optimize(graph)]);
        return executor;
    }

    /// <summary>Disposes it with the model, the last one first.</summary>
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
