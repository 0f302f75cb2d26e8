using System.Globalization;
using System.Text.Json;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// Answers, a line each: after the path unless <paramref name="bare"/>, and after the question unless
/// <paramref name="alone"/>; <paramref name="count"/> answers per question.
/// </summary>
internal sealed class AnswerForm(bool bare, bool alone, int count) : RecordForm<AnswerResult>
{
    public static readonly RecordShape Shape =
        new(["path", "question", "answer", "tokens", "score", "error"], ["path", "question"], "answer");

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns => Shape.Columns;

    /// <inheritdoc/>
    public override string? Error(AnswerResult result) => result.Error;

    /// <inheritdoc/>
    public override IEnumerable<string> Text(AnswerResult result) =>
        Answers(result.Answer!).Select(
            answer => string.Concat(bare ? "" : $"{result.Source.Name}\t", alone ? "" : $"{result.Question}\t", Words(answer)));

    /// <inheritdoc/>
    public override IEnumerable<IReadOnlyList<string>> Rows(AnswerResult result) => result.Succeeded
        ? Answers(result.Answer).Select(answer => (string[])
            [result.Source.Name, result.Question, answer.Text ?? "", string.Join(' ', answer.Tokens),
                answer.Score.ToString(CultureInfo.InvariantCulture), ""])
        : [[result.Source.Name, result.Question, "", "", "", result.Error]];

    /// <inheritdoc/>
    public override IEnumerable<string> Json(AnswerResult result) => [JsonText.Object(json =>
    {
        json.WriteString("path", result.Source.Name);
        json.WriteString("question", result.Question);
        if (!result.Succeeded)
            json.WriteString("error", result.Error);
        else if (count > 1)
            json.WriteObjects("answers", Answers(result.Answer), answer => Write(json, answer, scored: true));
        else
            Write(json, result.Answer, scored: false);
    })];

    private IEnumerable<Answer> Answers(Answer best) => best.All.Take(count);

    private static string Words(Answer answer) => answer.Text ?? string.Join(' ', answer.Tokens);

    private static void Write(Utf8JsonWriter json, Answer answer, bool scored)
    {
        json.WriteString("answer", answer.Text);
        json.WriteTokens(answer.Tokens);
        if (scored)
            json.WriteScore("score", answer.Score);
    }
}
