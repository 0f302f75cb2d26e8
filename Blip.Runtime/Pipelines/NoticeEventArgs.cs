namespace Blip.Runtime.Pipelines;

/// <summary>A pipeline's notice that is no error of a call.</summary>
/// <param name="notice">A sentence.</param>
public sealed class NoticeEventArgs(string notice) : EventArgs
{
    /// <summary>A sentence.</summary>
    public string Notice => notice;
}
