using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BlipForQuestionAnswering</c>: question encoder over the image, answer decoder over the question's states; BLIP (Li et al. 2022),
/// section 5.3 and figure 5.
/// </summary>
/// <param name="config">Both towers have one width.</param>
/// <param name="outputMatrix">Key of the head's matrix; null if tied to the word embeddings.</param>
internal sealed class AnsweringGraphs(BlipConfig config, string? outputMatrix = null) : BlipGraphs(config, TextEncoder)
{
    internal DecoderGraphs Decoder { get; } = new(config.Text, outputMatrix, "question", masked: true);

    private static ModulePath TextEncoder => new("text_encoder");

    /// <summary>
    /// Ids <c>[rows, tokens]</c> over an image → keys and values of the states for every decoder layer <c>[rows, tokens, 2·hidden]</c>.
    /// </summary>
    public ComputeGraph Question() => Question(RecordedOutputs.Nothing);

    internal ComputeGraph Question(RecordedOutputs watch)
    {
        var g = new GraphBuilder("question");
        var states = Encoder(g, TextEncoder, overImage: true, watch);
        foreach (var (layer, attention) in TextTower.CrossAttentions(Config.Text, DecoderGraphs.Bert).Index())
            g.Output(Decoder.SourceName(layer), TextTower.KeysValues(g, Config.Text, states, attention));
        return g.Build();
    }

    private protected override IEnumerable<ComputeGraph> OfHead() => [Question(), Decoder.Prompt(), Decoder.Step(), Decoder.Scored()];
}
