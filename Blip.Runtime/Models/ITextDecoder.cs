using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>What generation needs of a model: logits for the next token, from key and value caches that the model keeps on the device.</summary>
internal interface ITextDecoder
{
    /// <summary>Tokens that the model knows.</summary>
    int VocabularySize { get; }

    /// <summary>Longest sequence that the model has positions for, start token counted.</summary>
    int MaxPositions { get; }

    /// <summary>
    /// What the steps after the last <see cref="Prefill"/> have in common: while it is the same object and no buffer was freed, each
    /// <see cref="Step"/> queues the same kernels on the same memory and does nothing else, so that one capture stands for all. Null where a
    /// step is more than that.
    /// </summary>
    object? StepIdentity => null;

    /// <summary>
    /// Runs every image's prompt, <see cref="DecodingState.Prompts"/>, and writes its keys and values at positions 0… of cache row
    /// <c>image * <see cref="DecodingState.Beams"/></c>. Padding right of a shorter prompt is computed and never looked at.
    /// </summary>
    /// <param name="state">The run; <see cref="DecodingState.PromptLengths"/> says where each prompt ends.</param>
    /// <returns>Logits of each image's last prompt token, <c>[images, vocabulary]</c>, valid until the next call; the caller may write to them.</returns>
    ArrayView<float> Prefill(DecodingState state);

    /// <summary>
    /// Runs one token per row, <see cref="DecodingState.InputIds"/>, writes its keys and values at position <see cref="DecodingState.Start"/> of
    /// the row's own cache row, and attends to positions 0 to Start, each in the cache row that <see cref="DecodingState.CacheRow"/> names.
    /// </summary>
    /// <param name="state">The run.</param>
    /// <returns>Logits <c>[rows, vocabulary]</c>, valid until the next call; the caller may write to them.</returns>
    ArrayView<float> Step(DecodingState state);
}
