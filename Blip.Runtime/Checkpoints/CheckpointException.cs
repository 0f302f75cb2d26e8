using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A model file is absent, damaged, unsafe, or not as its config says; the message names the file, the fault and the remedy.
/// </summary>
public sealed class CheckpointException : BlipException
{
    /// <summary>Makes the exception.</summary>
    public CheckpointException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
