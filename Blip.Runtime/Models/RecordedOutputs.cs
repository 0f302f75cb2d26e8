namespace Blip.Runtime.Models;

/// <summary>A recorded tower's outputs besides its result. They cost memory and time; generation records none.</summary>
[Flags]
internal enum RecordedOutputs
{
    Nothing = 0,

    /// <summary>The input of every layer, and the output of the last.</summary>
    HiddenStates = 1,

    /// <summary>Attention probabilities within the tower's own tokens.</summary>
    Attentions = 2,

    /// <summary>Attention probabilities of text tokens over the image.</summary>
    CrossAttentions = 4,

    /// <summary>The share of each input token of the image encoder in each output token.</summary>
    Rollout = 8,
}
