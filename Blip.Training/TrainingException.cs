using Blip.Kernels;

namespace Blip.Training;

/// <summary>Training cannot begin or continue. The message names the file or option, the fault and the remedy.</summary>
/// <param name="message">The message for people.</param>
/// <param name="inner">The cause.</param>
public sealed class TrainingException(string message, Exception? inner = null) : BlipException(message, inner);
