using Blip.Kernels;

namespace Blip.Runtime.Imaging;

/// <summary>An image that cannot be used: the message has its name, the fault and the remedy.</summary>
public sealed class ImageException(string message, Exception? inner = null) : BlipException(message, inner);
