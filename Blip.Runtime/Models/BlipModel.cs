using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The part that all heads of BLIP share. One thread at a time.</summary>
internal abstract class BlipModel : IDisposable
{
    private readonly BlipGraphs graphs;

    private protected BlipModel(ModelContext context, BlipGraphs graphs)
    {
        (Context, this.graphs) = (context, graphs);
        Vision = new VisionEncoder(context, graphs);
    }

    public VisionEncoder Vision { get; }

    /// <inheritdoc cref="ModelContext.Notices"/>
    public IReadOnlyList<string> Notices => Context.Notices;

    /// <inheritdoc cref="ModelContext.ExtraKeys"/>
    public IReadOnlyList<string> ExtraKeys => Context.ExtraKeys;

    /// <inheritdoc cref="ModelContext.Config"/>
    public BlipConfig Config => Context.Config;

    /// <inheritdoc cref="ModelContext.Device"/>
    public Device Device => Context.Device;

    /// <summary>The optimized graphs, for images of the config's size.</summary>
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

    /// <summary>
    /// Builds the model and loads its weights onto the device. The model owns the context, which is disposed if building fails.
    /// </summary>
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
