using Blip.Kernels;

namespace Blip.Bootstrapping;

/// <summary>A run of bootstrapping, or one of its files, is unusable. The message has its name, the fault and the remedy.</summary>
/// <param name="message">The message for people.</param>
/// <param name="inner">The cause.</param>
public sealed class BootstrapException(string message, Exception? inner = null) : BlipException(message, inner);
