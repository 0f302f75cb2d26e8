using System.Globalization;
using System.Text.Json;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// A caption: alone on its line for one named image (<paramref name="bare"/>), otherwise after the path and a
/// tab. <paramref name="several"/>: several sequences per image.
/// </summary>
internal sealed class CaptionForm(bool bare, bool several) : RecordForm<CaptionResult>
{
    /// <summary>Whether the text is on the screen already, without its line end.</summary>
    public bool IsSaid { get; set; }

    public static readonly RecordShape Shape = new(["path", "caption", "tokens", "score", "error"], ["path"], "caption");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    /// <inheritdoc/>
    public override string? Error(CaptionResult result) => result.Error;

    /// <inheritdoc/>
    // Without a vocabulary, token ids are the answer.
    public override IEnumerable<string> Text(CaptionResult result) => IsSaid ? [""] : result.Caption!.All
        .Select(caption => caption.Text ?? string.Join(' ', caption.Tokens))
        .Select(text => bare ? text : $"{result.Source.Name}\t{text}");

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(CaptionResult result) => result.Succeeded
        ? result.Caption.All.Select(caption => (string[])
            [result.Source.Name, caption.Text ?? "", string.Join(' ', caption.Tokens), caption.Score.ToString(CultureInfo.InvariantCulture),
                ""])
        : [[result.Source.Name, "", "", "", result.Error]];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(CaptionResult result) => [JsonText.Object(json =>
    {
        json.WriteString("path", result.Source.Name);
        if (!result.Succeeded)
            json.WriteString("error", result.Error);
        else if (several)
            json.WriteObjects("captions", result.Caption.All, caption => Write(json, caption));
        else
            Write(json, result.Caption);
    })];

    private static void Write(Utf8JsonWriter json, Caption caption)
    {
        json.WriteString("caption", caption.Text);
        json.WriteTokens(caption.Tokens);
        json.WriteScore("score", caption.Score);
    }
}
