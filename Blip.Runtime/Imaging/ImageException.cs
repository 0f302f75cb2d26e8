using Blip.Kernels;

namespace Blip.Runtime.Imaging;

/// <summary>An image that cannot be used: the message names it, says what is wrong and what to do.</summary>
public sealed class ImageException(string message, Exception? inner = null) : BlipException(message, inner);
