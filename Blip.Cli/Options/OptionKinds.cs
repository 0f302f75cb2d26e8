using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Blip.Cli.Options;

internal static class OptionKinds
{
    /// <summary>A number; the library checks ranges.</summary>
    public static Option<T?> Number<T>(string name, string description, string? helpName = null)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName ?? "n",
            CustomParser = result => Parse<T>(result.Tokens[0].Value, name, result.AddError),
        };

    /// <summary>One of a few words, ignoring case.</summary>
    public static Option<string> Choice(string name, string description, string fallback, string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                // An option without its optional word has the fallback.
                var word = result.Tokens is [var token, ..] ? token.Value.ToLowerInvariant() : fallback;
                if (!words.Contains(word))
                    result.AddError($"{name} is '{word}'; give one of {string.Join(", ", words)}.");
                return word;
            },
        };
        option.CompletionSources.Add(words);
        return option;
    }

    public static Option<string?> Text(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName };

    /// <summary>Text that may be given several times.</summary>
    public static Option<string[]> Texts(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore };

    /// <summary>A number, or null and an error that names the option.</summary>
    public static T? Parse<T>(string text, string name, Action<string> addError)
        where T : struct, INumber<T>
    {
        // "Infinity" and "NaN" parse as floats.
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && T.IsFinite(value))
            return value;
        var kind = typeof(T) == typeof(float) || typeof(T) == typeof(double) ? "number, such as 0.9" : "whole number";
        addError($"{name} is '{text}'; give a {kind}.");
        return null;
    }
}
