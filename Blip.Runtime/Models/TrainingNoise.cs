using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Models;

/// <summary>
/// The random omissions of training: dropout of the text towers' hidden states and of their softmax weights (Devlin et al.
/// 2019, appendix A.2), and stochastic depth of the vision tower, which grows from 0 over its layers (Huang et al. 2016, eq. 4).
/// </summary>
/// <param name="dropout">The share of hidden states that become zero.</param>
/// <param name="attentionDropout">The share of the text towers' softmax weights that become zero.</param>
/// <param name="dropPath">The share of samples whose last vision layer is left out.</param>
internal sealed class TrainingNoise(double dropout, double attentionDropout, double dropPath)
{
    private int streams;

    /// <summary>The source of a step's draws.</summary>
    public StepSeed Seed { get; } = new();

    /// <summary>Dropout of hidden states; the states as they are where there is none.</summary>
    public Value Hidden(GraphBuilder g, Value x, ModulePath name) =>
        dropout == 0 ? x : Add(g, x, name / "dropout", dropout, wholeSamples: false);

    /// <summary>Dropout of an attention's softmax weights; null where there is none.</summary>
    public AttentionDropout? Attention() => attentionDropout == 0 ? null : new AttentionDropout((float)attentionDropout, Seed, streams++);

    /// <summary>Stochastic depth of a residual branch.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="x">The branch's result <c>[samples, …]</c>.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="layers">Layers of the tower.</param>
    /// <param name="name">The module.</param>
    public Value Path(GraphBuilder g, Value x, int layer, int layers, ModulePath name)
    {
        var share = layers < 2 ? 0 : dropPath * layer / (layers - 1);
        return share == 0 ? x : Add(g, x, name / "drop_path", share, wholeSamples: true);
    }

    private Value Add(GraphBuilder g, Value x, ModulePath name, double share, bool wholeSamples) =>
        g.Add(new DropoutNode(name.Path, x, (float)share, wholeSamples, Seed, streams++, g.NewComputed(name, x.Shape)));
}
