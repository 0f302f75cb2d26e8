namespace Blip.Runtime.Models;

/// <summary>A recorded tower's outputs besides its result. They cost memory and time: generation has none.</summary>
[Flags]
internal enum RecordedOutputs
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>The input of every layer, and the output of the last.</summary>
    HiddenStates = 1,

    /// <summary>Attention probabilities within the tower's own tokens.</summary>
    Attentions = 2,

    /// <summary>Attention probabilities of words over the image.</summary>
    CrossAttentions = 4,

    /// <summary>How much of each token before the image encoder is in each token behind it.</summary>
    Rollout = 8,
}
