namespace Blip.Runtime.Pipelines;

/// <summary>A text that the model cannot read. Programs that took it from a file can name its line.</summary>
internal sealed class TextException(string text, string message, string name) : ArgumentException(message, name)
{
    /// <summary>The text as it was given.</summary>
    public string Text => text;
}
