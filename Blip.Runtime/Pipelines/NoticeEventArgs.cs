namespace Blip.Runtime.Pipelines;

/// <summary>A pipeline's notices that are no errors of a call.</summary>
/// <param name="notice">A sentence.</param>
public sealed class NoticeEventArgs(string notice) : EventArgs
{
    /// <summary>A sentence.</summary>
    public string Notice => notice;
}
