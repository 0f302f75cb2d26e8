using Blip.Kernels;

namespace Blip.Training;

/// <summary>Training that cannot begin or go on. The message names the file or option, what is wrong and what to do.</summary>
/// <param name="message">The sentence for people.</param>
/// <param name="inner">What led to it.</param>
public sealed class TrainingException(string message, Exception? inner = null) : BlipException(message, inner);
