using Blip.Kernels;

namespace Blip.Datasets;

/// <summary>A data set cannot be read or written. The message names the file, the fault and the remedy.</summary>
/// <param name="message">The message for people.</param>
/// <param name="inner">The cause.</param>
public sealed class DatasetException(string message, Exception? inner = null) : BlipException(message, inner);
