namespace Blip.Emulation.Ptx;

/// <summary>PTX text that this interpreter cannot read.</summary>
/// <param name="message">The error.</param>
/// <param name="line">The line, from 1.</param>
/// <param name="text">The statement.</param>
public sealed class PtxException(string message, int line, string text) : Exception($"line {line}: {message}: {text}")
{
    /// <summary>The line, from 1.</summary>
    public int Line => line;
}
