using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BLIP_NLVR</c>: whether a sentence is true of two images (NLVR2); BLIP (Li et al. 2022), section 5.4 and figure 5. Only
/// the authors' first release has this head.
/// </summary>
internal sealed class ReasoningGraphs(BlipConfig config) : BlipGraphs(config, TextEncoder)
{
    internal const string Logits = "cls_logits", SecondImageRow = "second_image_row";

    /// <summary>The head: two Linear modules with ReLU between them.</summary>
    internal static ModulePath Head => new("cls_head");

    internal override IReadOnlyList<ModulePath> ImageAttentions => field ??= [.. TwinCrossAttention.Of(Config.Text, ImageReader)];

    private static ModulePath TextEncoder => new("text_encoder");

    /// <summary>A sentence over two images: ids <c>[rows, tokens]</c> → logits <c>[rows, 2]</c> of "false" and "true".</summary>
    public ComputeGraph Judge() => Judge(RecordedOutputs.Nothing);

    internal ComputeGraph Judge(RecordedOutputs watch)
    {
        var g = new GraphBuilder("judge");
        var second = g.Input(SecondImageRow, new Shape(Rows), DType.Int32);
        g.Output(Logits, Classified(g, Encoder(g, TextEncoder, overImage: true, watch, second), Config.Text));
        return g.Build();
    }

    /// <summary>Records the head over the first token's state: <c>[rows, tokens, hidden]</c> → <c>[rows, 2]</c>.</summary>
    internal static Value Classified(GraphBuilder g, Value states, TextConfig text)
    {
        var inner = g.Linear(g.SelectToken(states, null, Head / "first"), Head / 0, text.HiddenSize);
        return g.Linear(g.Activate(inner, Head / 1, Activation.Relu), Head / 2, 2);
    }

    private protected override IEnumerable<ComputeGraph> OfHead() => [Judge()];
}
