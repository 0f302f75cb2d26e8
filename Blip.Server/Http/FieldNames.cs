using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;
using Blip.Runtime.Files;
using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;

namespace Blip.Server.Http;

/// <summary>Translates the library's <c>NumBeams</c> to a request's <c>num_beams</c>.</summary>
internal static partial class FieldNames
{
    // Only these are renamed: a message may quote the request.
    private static readonly FrozenSet<string> Options =
        new[] { typeof(GenerationOptions), typeof(CaptionOptions), typeof(AnswerOptions), typeof(MatchOptions), typeof(SearchOptions),
            typeof(LabelOptions) }
        .SelectMany(type => type.GetProperties()).Select(property => property.Name).ToFrozenSet(StringComparer.Ordinal);

    public static string Of(string property) => property switch
    {
        nameof(MatchOptions.AttentionLayer) => "layer",
        nameof(MatchOptions.AttentionMethod) => "method",
        _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(property),
    };

    /// <summary>An option's error, with the request's field names.</summary>
    public static RequestException Explain(ArgumentException e)
    {
        if (e.ParamName is not { Length: > 0 } name)
            return RequestException.Bad(e.Message);
        var message = FailureReason.Sentence(e);
        message = SeveralWords().Replace(message, match => Options.Contains(match.Value) ? Of(match.Value) : match.Value);
        // A name of one word is replaced at the beginning only: elsewhere it may be plain English.
        message = message.StartsWith($"{name} ", StringComparison.Ordinal) ? Of(name) + message[name.Length..] : message;
        return new RequestException(StatusCodes.Status400BadRequest, message, e) { Field = Of(name) };
    }

    [GeneratedRegex(@"\b(?:[A-Z][a-z]*){2,}\b")]
    private static partial Regex SeveralWords();
}
