namespace Blip.Runtime.Tracing;

/// <summary>The parts of a run in the order of computation.</summary>
internal enum TraceStage
{
    /// <summary>The preprocessed image.</summary>
    Pixels,

    /// <summary>Prompt, question or text as tokens.</summary>
    Ids,

    /// <summary>The image encoder.</summary>
    Vision,

    /// <summary>The text encoder of questions, or of a model without a task.</summary>
    Text,

    /// <summary>The text encoder over the image, and the matching head.</summary>
    Matching,

    /// <summary>The text encoder alone, the vectors and their product.</summary>
    Comparing,

    /// <summary>The decoder over all generated tokens.</summary>
    Decoder,

    /// <summary>The decoder token by token, as it ran.</summary>
    Steps,

    /// <summary>The generated tokens.</summary>
    Tokens,

    /// <summary>Tensors of other names.</summary>
    Other,
}
