namespace Blip.Runtime.Pipelines;

/// <summary>What a pipeline has to tell that is no error of a call.</summary>
/// <param name="notice">A sentence.</param>
public sealed class NoticeEventArgs(string notice) : EventArgs
{
    /// <summary>A sentence.</summary>
    public string Notice => notice;
}
