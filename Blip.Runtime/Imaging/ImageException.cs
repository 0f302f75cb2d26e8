using Blip.Kernels;

namespace Blip.Runtime.Imaging;

/// <summary>An unusable image; the message gives its name, the cause and the remedy.</summary>
public sealed class ImageException(string message, Exception? inner = null) : BlipException(message, inner);
