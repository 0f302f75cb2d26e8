namespace Blip.Runtime.Tracing;

/// <summary>The parts of a run, in the order in which they are computed.</summary>
internal enum TraceStage
{
    /// <summary>The image as the model sees it.</summary>
    Pixels,

    /// <summary>Prompt, question or text as tokens.</summary>
    Ids,

    /// <summary>The image encoder.</summary>
    Vision,

    /// <summary>The text encoder of questions, or of a model without a task.</summary>
    Text,

    /// <summary>The text encoder over the image, and the matching head.</summary>
    Matching,

    /// <summary>The text encoder by itself, the vectors and their product.</summary>
    Comparing,

    /// <summary>The decoder over all tokens that came out.</summary>
    Decoder,

    /// <summary>The decoder token by token, as it ran.</summary>
    Steps,

    /// <summary>The tokens that came out.</summary>
    Tokens,

    /// <summary>Tensors of other names.</summary>
    Other,
}
