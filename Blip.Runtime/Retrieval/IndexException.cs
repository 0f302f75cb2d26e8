using Blip.Kernels;

namespace Blip.Runtime.Retrieval;

/// <summary>An index cannot be used; the message names the file, what is wrong with it and what to do.</summary>
public sealed class IndexException : BlipException
{
    /// <summary>An exception without a message of its own.</summary>
    public IndexException()
    {
    }

    /// <summary>What is wrong.</summary>
    public IndexException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong, and what told so.</summary>
    public IndexException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
