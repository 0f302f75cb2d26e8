namespace Blip.Runtime.Models;

/// <summary>
/// Whether a captioner in <see cref="Precision.Fp32"/> has a draft: a second copy of its decoder's matrices, of fewer bytes, that writes tokens of a
/// single caption ahead, which the decoder verifies several at a time. Captions, scores and draws are the same, bit for bit; the copy takes memory.
/// </summary>
public enum DraftMode
{
    /// <summary>
    /// On a processor a draft in 8 bits, made once so many tokens of single captions were written that it has paid for being made, and used as far as
    /// it is faster; none on other devices.
    /// </summary>
    Auto,

    /// <summary>None.</summary>
    Off,

    /// <summary>One in 8 bits, made when the model is loaded, where the device gives a token the same bits alone and among others.</summary>
    Int8,
}
