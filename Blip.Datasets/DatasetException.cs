using Blip.Kernels;

namespace Blip.Datasets;

/// <summary>A data set that cannot be read or written. The message names the file, what is wrong and what to do.</summary>
/// <param name="message">The sentence for people.</param>
/// <param name="inner">What led to it.</param>
public sealed class DatasetException(string message, Exception? inner = null) : BlipException(message, inner);
