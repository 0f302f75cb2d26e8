using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipForQuestionAnswering</c>: the question's encoder over the image, and the answer's decoder over the question's states;
/// BLIP (Li et al. 2022), section 5.3 and figure 5.
/// </summary>
/// <param name="config">The model's sizes; both towers are of one width.</param>
/// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
internal sealed class AnsweringGraphs(BlipConfig config, string? outputMatrix = null) : BlipGraphs(config, TextEncoder)
{
    internal DecoderGraphs Decoder { get; } = new(config.Text, outputMatrix, "question", masked: true);

    private static ModulePath TextEncoder => new("text_encoder");

    /// <summary>
    /// A question over an image: ids <c>[rows, tokens]</c> → keys and values of its states for every layer of the decoder
    /// <c>[rows, tokens, 2·hidden]</c>.
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
