using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>A model's file is absent, damaged, unsafe or not what its config says; the message names the file, what is wrong and what to do.</summary>
public sealed class CheckpointException : BlipException
{
    /// <summary>Makes the exception.</summary>
    public CheckpointException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
