namespace Blip.Runtime.Models;

/// <summary>
/// Whether a captioner in <see cref="Precision.Fp32"/> has a draft: a smaller copy of its decoder's matrices that writes tokens of a
/// single caption ahead. The decoder verifies several of them at a time. Captions, scores and draws stay the same, bit for bit; the copy
/// takes memory.
/// </summary>
public enum DraftMode
{
    /// <summary>
    /// On a processor a draft in 8 bits. It is loaded once enough tokens of single captions have paid for loading it, and used while it is
    /// faster. None on other devices.
    /// </summary>
    Auto,

    /// <summary>None.</summary>
    Off,

    /// <summary>
    /// A draft in 8 bits, loaded with the model, if the device computes the same bits for a token alone and among others.
    /// </summary>
    Int8,
}
