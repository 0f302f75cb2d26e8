using Blip.Kernels;

namespace Blip.Runtime.Hub;

/// <summary>A model cannot be downloaded, listed or removed; the message gives cause and remedy.</summary>
public sealed class HubException : BlipException
{
    /// <summary>Makes the exception.</summary>
    public HubException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
