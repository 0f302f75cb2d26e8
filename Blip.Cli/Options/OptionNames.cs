using System.CommandLine;
using System.Text.RegularExpressions;
using Blip.Runtime.Files;

namespace Blip.Cli.Options;

/// <summary>Translates the library's <c>NumBeams</c> to the command line's <c>--num-beams</c>.</summary>
internal static partial class OptionNames
{
    public static string Of(string property) => property switch
    {
        "VocabularyFile" => "--vocab",
        "CacheFolder" => "--cache",
        "Candidates" => "--answer",
        "CaptionsPerImage" => "--captions",
        "DropPatterns" => "--drop-pattern",
        "KeepPatterns" => "--keep-pattern",
        "DecodeBytes" => "--decode-memory",
        "MaxWaitingBytes" => "--image-memory",
        "DetailWeights" => "--details",
        "ImageWidth" or "ImageHeight" => "--image",
        "Flip" => "--no-flip",
        "Shuffle" => "--no-shuffle",
        "LoraRank" => "--lora",
        _ => "-" + Capital().Replace(property, match => $"-{match.Value.ToLowerInvariant()}"),
    };

    /// <summary>The library's error about an option, with the command line's names.</summary>
    public static UsageException Explain(ArgumentException e)
    {
        if (e.ParamName is not { Length: > 0 } name)
            return new UsageException(e.Message, e);
        var message = FailureReason.Sentence(e);
        message = SeveralWords().Replace(message, match => Of(match.Value));
        // A name of one word is replaced at the beginning only: elsewhere it may be plain English.
        return new UsageException(
            message.StartsWith($"{name} ", StringComparison.Ordinal) ? Of(name) + message[name.Length..] : message, e);
    }

    /// <summary>A sentence of the library about options of <paramref name="command"/>, with the command line's names.</summary>
    public static string Explain(string message, Command command) => Mentioned().Replace(
        message, match => command.Options.Any(option => option.Name == Of(match.Value)) ? Of(match.Value) : match.Value);

    // The text after a one-word name distinguishes it from plain English.
    [GeneratedRegex(@"(?<![\w./-])[A-Z][A-Za-z]+(?= is | was |[.,;]|$)")]
    private static partial Regex Mentioned();

    [GeneratedRegex(@"\b(?:[A-Z][a-z]*){2,}\b")]
    private static partial Regex SeveralWords();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
