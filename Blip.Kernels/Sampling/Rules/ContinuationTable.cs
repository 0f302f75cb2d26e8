using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The allowed next tokens of texts that consist of given token sequences. A state is a place in one or several of them; state 0 is the
/// start. After a complete sequence, the stop token and all of state 0's tokens may also follow.
/// </summary>
public struct ContinuationTable
{
    /// <summary>Each state's first continuation <c>[states + 1]</c>; empty allows every token.</summary>
    public ArrayView<int> First;

    /// <summary>Allowed tokens <c>[continuations]</c>; a state's in ascending order.</summary>
    public ArrayView<int> Tokens;

    /// <summary>The state after each <c>[continuations]</c>.</summary>
    public ArrayView<int> Next;

    /// <summary>1 for states with a complete sequence, else 0 <c>[states]</c>.</summary>
    public ArrayView<int> Complete;
}
