using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>The graphs of <c>BlipForConditionalGeneration</c>.</summary>
internal sealed class CaptioningGraphs(BlipConfig config, string? outputMatrix = null) : BlipGraphs(config, DecoderGraphs.Bert)
{
    internal DecoderGraphs Decoder { get; } = new(config.Text, outputMatrix, "image", masked: false);

    /// <summary>
    /// The decoder over a prompt: ids <c>[rows, tokens]</c> → logits of each row's last token <c>[rows, vocabulary]</c>; fills the caches.
    /// </summary>
    public ComputeGraph Prompt() => Decoder.Prompt();

    /// <summary>The decoder over one more token of each row → logits <c>[rows, vocabulary]</c>; extends the caches.</summary>
    public ComputeGraph Step() => Decoder.Step();

    private protected override IEnumerable<ComputeGraph> OfHead() => [Prompt(), Step()];
}
