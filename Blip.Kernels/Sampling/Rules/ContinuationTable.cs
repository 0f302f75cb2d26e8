using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The allowed next tokens, where texts consist of given token sequences. A state is a place in one or several of them; state 0
/// is the beginning. Where a sequence is complete, the stop token and all that state 0 allows may follow, too.
/// </summary>
public struct ContinuationTable
{
    /// <summary>The first continuation of each state, <c>[states + 1]</c>; empty allows every token.</summary>
    public ArrayView<int> First;

    /// <summary>Tokens that may follow, <c>[continuations]</c>; those of a state in ascending order.</summary>
    public ArrayView<int> Tokens;

    /// <summary>The state that each of them leads to, <c>[continuations]</c>.</summary>
    public ArrayView<int> Next;

    /// <summary>1 for states where a sequence is complete, else 0, <c>[states]</c>.</summary>
    public ArrayView<int> Complete;
}
