using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Nodes;

namespace Blip.Runtime.Models;

/// <summary>
/// Training's random omissions: dropout of the text towers' hidden states and softmax weights (Devlin et al. 2019, appendix A.2), and
/// stochastic depth of the vision tower, which grows from 0 over its layers (Huang et al. 2016, eq. 4).
/// </summary>
/// <param name="dropout">The share of hidden states set to zero.</param>
/// <param name="attentionDropout">The share of the text towers' softmax weights set to zero.</param>
/// <param name="dropPath">The share of samples that skip the last vision layer.</param>
internal sealed class TrainingNoise(double dropout, double attentionDropout, double dropPath)
{
    private int streams;

    /// <summary>The source of a step's draws.</summary>
    public StepSeed Seed { get; } = new();

    /// <summary>Dropout of hidden states, if any.</summary>
    public Value Hidden(GraphBuilder g, Value x, ModulePath name) =>
        dropout == 0 ? x : Add(g, x, name / "dropout", dropout, wholeSamples: false);

    /// <summary>Dropout of an attention's softmax weights; null if none.</summary>
    public AttentionDropout? Attention() => attentionDropout == 0 ? null : new AttentionDropout((float)attentionDropout, Seed, streams++);

    /// <summary>Stochastic depth of a residual branch <c>[samples, …]</c>; layers count from 0.</summary>
    public Value Path(GraphBuilder g, Value x, int layer, int layers, ModulePath name)
    {
        var share = layers < 2 ? 0 : dropPath * layer / (layers - 1);
        return share == 0 ? x : Add(g, x, name / "drop_path", share, wholeSamples: true);
    }

    private Value Add(GraphBuilder g, Value x, ModulePath name, double share, bool wholeSamples) =>
        g.Add(new DropoutNode(name.Path, x, (float)share, wholeSamples, Seed, streams++, g.NewComputed(name, x.Shape)));
}
