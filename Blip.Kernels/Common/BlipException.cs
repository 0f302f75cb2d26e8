namespace Blip.Kernels;

/// <summary>
/// An error in a user's input: a model, an image, a data set, a device. The message names it and the remedy. Wrong arguments throw
/// <see cref="ArgumentException"/>, cancelled work <see cref="OperationCanceledException"/>.
/// </summary>
public abstract class BlipException : Exception
{
    /// <summary>An exception without a message.</summary>
    protected BlipException()
    {
    }

    /// <summary>The message.</summary>
    protected BlipException(string message)
        : base(message)
    {
    }

    /// <summary>The message and its cause.</summary>
    protected BlipException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
