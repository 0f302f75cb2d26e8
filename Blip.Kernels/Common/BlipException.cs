namespace Blip.Kernels;

/// <summary>
/// What went wrong with something that a user gave: a model, an image, a data set, a device. The message names it, says what is wrong and what to
/// do. Wrong arguments are <see cref="ArgumentException"/>s, and work that was called off ends by an <see cref="OperationCanceledException"/>.
/// </summary>
public abstract class BlipException : Exception
{
    /// <summary>An exception without a message of its own.</summary>
    protected BlipException()
    {
    }

    /// <summary>What is wrong.</summary>
    protected BlipException(string message)
        : base(message)
    {
    }

    /// <summary>What is wrong, and what told so.</summary>
    protected BlipException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
