using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Blip.Bench.Commands;

/// <summary>Options of several commands. Their errors name them and say what to give.</summary>
internal static class BenchOptions
{
    /// <summary>The kinds of device, in the order of measurement.</summary>
    public static readonly string[] Kinds = ["cpu", "opencl", "cuda"];

    private static readonly string[] DeviceWords = [.. Kinds, "all"];

    public static Option<string> Device() =>
        Choice("--device", "Where to run: a kind of device, or all that there are.", "cpu", DeviceWords);

    public static Option<bool> Short(string description) => new("--short") { Description = description };

    public static Option<string> Filter() =>
        new("--filter")
        {
            Description = "Only cases whose name holds this text, in any case.",
            HelpName = "TEXT",
            DefaultValueFactory = _ => "",
        };

    public static Option<string?> Json() => new("--json")
    {
        Description = "Write the records to a file; 'compare' reads it.",
        HelpName = "FILE",
    };

    public static Option<bool> Save() => new("--save")
    {
        Description = "Write JSON and Markdown to docs/measurements, under the processor's name.",
    };

    public static Option<string> Choice(string name, string description, string fallback, string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => fallback,
        };
        option.Validators.Add(result => CheckWords(result, name, words));
        option.CompletionSources.Add(words);
        return option;
    }

    /// <summary>Some of a few words; none for the command's default.</summary>
    public static Option<string[]> Words(string name, string description, string[] words)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        option.Validators.Add(result => CheckWords(result, name, words));
        option.CompletionSources.Add(words);
        return option;
    }

    public static Option<string[]> Batches(string name, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = "IMAGES[xBEAMS]",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => ToBatch(token.Value) is null))
                result.AddError($"{name} is '{token.Value}'; give images, or images and beams, such as 64 or 64x3.");
        });
        return option;
    }

    /// <summary>The values of <see cref="Batches"/>, or null.</summary>
    public static (int Images, int Beams)[]? ToBatches(string[]? words) =>
        words is { Length: > 0 } ? [.. words.Select(ToBatch).OfType<(int, int)>()] : null;

    private static (int Images, int Beams)? ToBatch(string word) => word.Split('x') switch
    {
        [var images] when int.TryParse(images, out var count) && count > 0 => (count, 1),
        [var images, var beams] when int.TryParse(images, out var count) && count > 0 && int.TryParse(beams, out var width) && width > 0 =>
            (count, width),
        _ => null,
    };

    public static Option<double> NumberAbove(string name, string description, double fallback, double least)
    {
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = "n",
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                    && double.IsFinite(value) && value > least)
                    return value;
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"{name} is '{result.Tokens[0].Value}'; give a number above {least}."));
                return 0;
            },
        };
        return option;
    }

    /// <summary>A whole number in a range. Without a fallback, an option that is not given has no value.</summary>
    public static Option<int> Whole(string name, string description, int? fallback, int least, int most)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "n",
            CustomParser = result =>
            {
                var word = result.Tokens[0].Value;
                if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                    return value;
                result.AddError($"{name} is '{word}'; give {least} to {most}.");
                return 0;
            },
        };
        if (fallback is { } number)
            option.DefaultValueFactory = _ => number;
        return option;
    }

    private static void CheckWords(OptionResult result, string name, string[] words)
    {
        foreach (var token in result.Tokens.Where(token => !words.Contains(token.Value)))
            result.AddError($"{name} is '{token.Value}'; give {(words.Length > 1 ? "one of " : "")}{string.Join(", ", words)}.");
    }
}
