using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>A model's interface for generation: logits for the next token, from key and value caches that the model keeps on the device.</summary>
internal interface ITextDecoder
{
    /// <summary>Tokens that the model knows.</summary>
    int VocabularySize { get; }

    /// <summary>Longest sequence that the model has positions for, start token counted.</summary>
    int MaxPositions { get; }

    /// <summary>
    /// The identity of the steps after the last <see cref="Prefill"/>: while it is the same object and no buffer was freed, each
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

/// <summary>
/// A decoder with a draft: weights of fewer bytes that write some tokens of one sequence ahead, which one run of the decoder verifies. Logits, keys
/// and values of that run have the bits of as many steps.
/// </summary>
internal interface IDraftedDecoder : ITextDecoder
{
    /// <summary>Whether there is a draft by now. One that begins to pay is loaded when it is asked for.</summary>
    bool HasDraft { get; }

    /// <summary>
    /// Runs the draft over one token behind <see cref="ITextDecoder.Prefill"/>, or behind what was verified; its keys and values are for later tokens
    /// of the draft alone.
    /// </summary>
    /// <param name="draft">The state of the draft: the decoder's own, and the tokens that were written ahead.</param>
    /// <returns>Logits <c>[1, vocabulary]</c>, valid until the next call.</returns>
    ArrayView<float> DraftStep(DecodingState draft);

    /// <summary>Runs the decoder over several tokens of the one sequence, from <see cref="DecodingState.Start"/> on, as so many steps would.</summary>
    /// <param name="state">The sequence.</param>
    /// <param name="ids">The tokens, on the device.</param>
    /// <returns>Logits <c>[tokens, vocabulary]</c>, valid until the next call.</returns>
    ArrayView<float> Steps(DecodingState state, ArrayView<int> ids);
}

/// <summary>
/// A decoder whose rows come and go while it runs. A place holds a source of cross-attention, such as an image, and stays where it is; a row holds
/// the keys and values of a sequence.
/// </summary>
internal interface IContinuousDecoder : ITextDecoder
{
    /// <summary>Makes room; old contents are lost.</summary>
    /// <param name="rows">The most rows, and as many places.</param>
    /// <param name="capacity">The longest sequence in tokens.</param>
    void Reserve(int rows, int capacity);

    /// <summary>Runs prompts as <see cref="ITextDecoder.Prefill"/> does; image i of the state looks at a place and writes to a row.</summary>
    /// <param name="state">The prompts.</param>
    /// <param name="place">The place of the first prompt; those of the others lie behind it.</param>
    /// <param name="row">The row of the first prompt; those of the others lie behind it.</param>
    /// <returns>Logits of each prompt's last token <c>[images, vocabulary]</c>, valid until the next call; the caller may write to them.</returns>
    ArrayView<float> Prefill(DecodingState state, int place, int row);

    /// <summary>Prepares <see cref="ITextDecoder.Step"/> for the rows of a state, the first ones.</summary>
    /// <param name="state">The rows; its capacity is the one that was reserved.</param>
    /// <param name="places">The place that each row looks at.</param>
    void Continue(DecodingState state, ReadOnlySpan<int> places);

    /// <summary>Copies the keys and values of a sequence to another row.</summary>
    /// <param name="from">Its row.</param>
    /// <param name="to">The other row.</param>
    /// <param name="tokens">Tokens that have keys and values.</param>
    void MoveRow(int from, int to, int tokens);
}

/// <summary>A decoder that can tell where in the image each token looked.</summary>
internal interface ICrossAttentionSource
{
    /// <summary>Runs a whole sequence over one image of the present batch and returns its cross-attention.</summary>
    /// <param name="image">Index in the batch.</param>
    /// <param name="tokens">The sequence from its start token.</param>
    CrossAttention CrossAttention(int image, ReadOnlySpan<int> tokens);
}
