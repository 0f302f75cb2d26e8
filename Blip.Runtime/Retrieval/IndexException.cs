using Blip.Kernels;

namespace Blip.Runtime.Retrieval;

/// <summary>An index cannot be used; the message names the file, the fault and the remedy.</summary>
public sealed class IndexException : BlipException
{
    /// <summary>An exception without a message.</summary>
    public IndexException()
    {
    }

    /// <summary>The message.</summary>
    public IndexException(string message)
        : base(message)
    {
    }

    /// <summary>The message, and its cause.</summary>
    public IndexException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
