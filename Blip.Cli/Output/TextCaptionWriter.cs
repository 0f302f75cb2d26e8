using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// For people, and for <c>cut</c>: the caption of one picture alone on its line; of several, the path, a tab and the caption.
/// A picture that failed is reported on standard error and has no line.
/// </summary>
internal sealed class TextCaptionWriter(TextWriter output, bool bare) : CaptionWriter(output)
{
    /// <inheritdoc/>
    protected override void WriteRecord(CaptionResult result)
    {
        if (!result.Succeeded)
            return;
        foreach (var caption in result.Caption.All)
        {
            // Without a vocabulary there are no words, but there is an answer.
            var text = caption.Text ?? string.Join(' ', caption.Tokens);
            Output.Write(bare ? $"{text}\n" : $"{result.Source.Name}\t{text}\n");
        }
    }
}
