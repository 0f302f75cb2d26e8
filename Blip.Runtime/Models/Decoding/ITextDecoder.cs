using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>A model's interface for generation; the model keeps the key and value caches on the device.</summary>
internal interface ITextDecoder
{
    int VocabularySize { get; }

    /// <summary>Longest sequence in tokens, start token included.</summary>
    int MaxPositions { get; }

    /// <summary>
    /// Identifies the steps after the last <see cref="Prefill"/>. While it is the same object and no buffer was freed, each
    /// <see cref="Step"/> only queues the same kernels on the same memory. One capture then stands for all. Null if a step does more than
    /// that.
    /// </summary>
    object? StepIdentity => null;

    /// <summary>
    /// Runs every image's prompt, <see cref="DecodingState.Prompts"/>, and writes its keys and values at positions 0… of cache row
    /// <c>image * <see cref="DecodingState.Beams"/></c>. Padding right of a shorter prompt is computed but not attended to.
    /// </summary>
    /// <returns>
    /// Logits of each image's last prompt token, <c>[images, vocabulary]</c>, valid until the next call; the caller may overwrite them.
    /// </returns>
    ArrayView<float> Prefill(DecodingState state);

    /// <summary>
    /// Runs one token per row, <see cref="DecodingState.InputIds"/>, and writes its keys and values at position
    /// <see cref="DecodingState.Start"/> of the row's own cache row. It attends to positions 0 to Start, each in the cache row that
    /// <see cref="DecodingState.CacheRow"/> names.
    /// </summary>
    /// <returns>Logits <c>[rows, vocabulary]</c>, valid until the next call; the caller may overwrite them.</returns>
    ArrayView<float> Step(DecodingState state);
}

/// <summary>
/// A decoder with a draft: smaller weights write some tokens of one sequence ahead, and one run of the decoder verifies them. Logits, keys
/// and values of that run have the bits of as many steps.
/// </summary>
internal interface IDraftedDecoder : ITextDecoder
{
    /// <summary>Whether there is a draft; one that has become worthwhile is loaded by this call.</summary>
    bool HasDraft { get; }

    /// <summary>
    /// Runs the draft over one token after <see cref="ITextDecoder.Prefill"/> or after the verified tokens. Only later tokens of the draft
    /// use its keys and values.
    /// </summary>
    /// <returns>Logits <c>[1, vocabulary]</c>, valid until the next call.</returns>
    ArrayView<float> DraftStep(DecodingState draft);

    /// <summary>
    /// Runs the decoder over several tokens of one sequence from <see cref="DecodingState.Start"/>, with the result of as many steps.
    /// </summary>
    /// <returns>Logits <c>[tokens, vocabulary]</c>, valid until the next call.</returns>
    ArrayView<float> Steps(DecodingState state, ArrayView<int> ids);
}

/// <summary>
/// A decoder whose rows come and go while it runs. A place holds a source of cross-attention, such as an image, and stays fixed. A row
/// holds a sequence's keys and values.
/// </summary>
internal interface IContinuousDecoder : ITextDecoder
{
    /// <summary>Makes room for as many rows and as many places; old contents are lost.</summary>
    void Reserve(int rows, int capacity);

    /// <summary>
    /// Runs prompts like <see cref="ITextDecoder.Prefill"/>. Image i of the state attends to place <c>place + i</c> and writes to row
    /// <c>row + i</c>.
    /// </summary>
    /// <returns>
    /// Logits of each prompt's last token <c>[images, vocabulary]</c>, valid until the next call; the caller may overwrite them.
    /// </returns>
    ArrayView<float> Prefill(DecodingState state, int place, int row);

    /// <summary>
    /// Prepares <see cref="ITextDecoder.Step"/> for a state's rows, which are the first ones; each attends to its place. The state's
    /// capacity is the reserved one.
    /// </summary>
    void Continue(DecodingState state, ReadOnlySpan<int> places);

    /// <summary>Copies a sequence's first <paramref name="tokens"/> keys and values to another row.</summary>
    void MoveRow(int from, int to, int tokens);
}

internal interface ICrossAttentionSource
{
    /// <summary>Runs a whole sequence over one image of the present batch; returns its cross-attention.</summary>
    CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens);
}
