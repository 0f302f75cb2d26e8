using System.Buffers;
using System.Globalization;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>RFC 4180: a heading, a line for each caption (several for a picture where several were asked for), tokens apart by blanks.</summary>
internal sealed class CsvCaptionWriter(TextWriter output) : CaptionWriter(output)
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\",\r\n");

    /// <inheritdoc/>
    protected override void WriteStart() => WriteLine("path", "caption", "tokens", "score", "error");

    /// <inheritdoc/>
    protected override void WriteRecord(CaptionResult result)
    {
        if (!result.Succeeded)
        {
            WriteLine(result.Source.Name, "", "", "", result.Error);
            return;
        }
        foreach (var caption in result.Caption.All)
        {
            var score = caption.Score.ToString(CultureInfo.InvariantCulture);
            WriteLine(result.Source.Name, caption.Text ?? "", string.Join(' ', caption.Tokens), score, "");
        }
    }

    private void WriteLine(params ReadOnlySpan<string> fields)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (i > 0)
                Output.Write(',');
            Output.Write(Quoted(fields[i]));
        }
        Output.Write("\r\n");
    }

    private static string Quoted(string field) => field.AsSpan().ContainsAny(Special) ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}
