using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// The graphs of <c>BlipForConditionalGeneration</c>: the image once, its keys and values for every layer once,
/// and the decoder for a prompt, for one more word, and for a whole caption at a time.
/// </summary>
/// <param name="config">The model's sizes.</param>
/// <param name="outputMatrix">Key of the head's matrix; null where it is tied to the word embeddings.</param>
internal sealed class CaptioningGraphs(BlipConfig config, string? outputMatrix = null) : BlipGraphs(config, DecoderGraphs.Bert)
{
    internal DecoderGraphs Decoder { get; } = new(config.Text, outputMatrix, "image", masked: false);

    /// <summary>The decoder over a prompt: ids <c>[rows, tokens]</c> → logits of each row's last word <c>[rows, vocabulary]</c>; fills the caches.</summary>
    public ComputeGraph Prompt() => Decoder.Prompt();

    /// <summary>The decoder over one more word of each row → logits <c>[rows, vocabulary]</c>; extends the caches.</summary>
    public ComputeGraph Step() => Decoder.Step();

    private protected override IEnumerable<ComputeGraph> OfHead() => [Prompt(), Step()];
}
