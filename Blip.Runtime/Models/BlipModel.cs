using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>A BLIP on a device: the common part of all heads. A head owns its parts and calls them; they do not call it. One thread at a time.</summary>
internal abstract class BlipModel : IDisposable
{
    private readonly BlipGraphs graphs;

    private protected BlipModel(ModelContext context, BlipGraphs graphs)
    {
        (Context, this.graphs) = (context, graphs);
        Vision = new VisionEncoder(context, graphs);
    }

    /// <summary>The image encoder, which all heads share.</summary>
    public VisionEncoder Vision { get; }

    /// <inheritdoc cref="ModelContext.Notices"/>
    public IReadOnlyList<string> Notices => Context.Notices;

    /// <inheritdoc cref="ModelContext.ExtraKeys"/>
    public IReadOnlyList<string> ExtraKeys => Context.ExtraKeys;

    /// <inheritdoc cref="ModelContext.Config"/>
    public BlipConfig Config => Context.Config;

    /// <inheritdoc cref="ModelContext.Device"/>
    public Device Device => Context.Device;

    /// <summary>Its graphs as the executor runs them, for images of the config's size.</summary>
    public IEnumerable<ComputeGraph> Graphs => graphs.All().Select(Executor.Optimize);

    internal WeightStore Weights => Context.Weights;

    internal Executor Executor => Context.Executor;

    private protected ModelContext Context { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Context.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Builds the model and puts its weights on the device.</summary>
    /// <param name="context">The opened checkpoint; the model's from now on, and disposed where it cannot be built.</param>
    /// <param name="make">The head's constructor.</param>
    private protected static TModel Load<TModel>(ModelContext context, Func<ModelContext, TModel> make)
        where TModel : BlipModel
    {
        try
        {
            var model = make(context);
            context.Weights.Load(model.Graphs);
            return model;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }
}
