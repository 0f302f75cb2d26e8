using Blip.Kernels;

namespace Blip.Bootstrapping;

/// <summary>A run of bootstrapping, or one of its files, that cannot be used. The message names it, what is wrong and what to do.</summary>
/// <param name="message">The sentence for people.</param>
/// <param name="inner">What led to it.</param>
public sealed class BootstrapException(string message, Exception? inner = null) : BlipException(message, inner);
