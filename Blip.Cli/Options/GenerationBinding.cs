using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Blip.Runtime.Generation;

namespace Blip.Cli.Options;

/// <summary>All generation options, named as in <c>generate()</c>, with dashes.</summary>
internal sealed class GenerationBinding
{
    private readonly Command command;
    private readonly List<Func<ParseResult, GenerationOptions, GenerationOptions>> settings = [];
    private readonly List<Option> forSampling = [], forBeams = [], all = [];
    private readonly Option<bool?> doSample;

    public GenerationBinding(Command command)
    {
        this.command = command;
        AddSearch();
        doSample = AddSampling();
        AddRules();
    }

    /// <summary>The model's settings with the command line's changes, validated.</summary>
    /// <exception cref="UsageException">An option is out of range; the message names it.</exception>
    public GenerationOptions Apply(ParseResult parsed, GenerationOptions defaults)
    {
        var options = settings.Aggregate(defaults, (options, set) => set(parsed, options));
        return Startup.Step(() =>
        {
            options.Validate();
            return options;
        });
    }

    public bool Samples(ParseResult parsed) => parsed.GetValue(doSample) == true;

    /// <summary>The names of the given options.</summary>
    public IEnumerable<string> Given(ParseResult parsed) =>
        all.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name);

    /// <summary>A sentence for each given option without effect.</summary>
    public IEnumerable<string> WithoutEffect(ParseResult parsed, GenerationOptions options)
    {
        if (!options.DoSample)
        {
            foreach (var option in forSampling.Where(option => parsed.GetResult(option) is { Implicit: false }))
                yield return $"{option.Name} changes nothing without --do-sample";
        }
        if (options.NumBeams == 1)
        {
            foreach (var option in forBeams.Where(option => parsed.GetResult(option) is { Implicit: false }))
                yield return $"{option.Name} changes nothing with one beam: give --num-beams";
        }
    }

    private void AddSearch()
    {
        Number<int>("--num-beams", "Beams of the search; more find likelier sentences and take longer. 1 is greedy.",
            (o, v) => o with { NumBeams = v });
        Number<int>("--max-length", "Most tokens, the start token and the prompt counted. [default: the model's, or 20]",
            (o, v) => o with { MaxLength = v, MaxNewTokens = null });
        Number<int>("--max-new-tokens", "Most tokens after the prompt; overrides --max-length.", (o, v) => o with { MaxNewTokens = v });
        Number<int>("--min-length", "Fewest tokens, the start token and the prompt counted.", (o, v) => o with { MinLength = v });
        Number<int>("--min-new-tokens", "Fewest tokens after the prompt.", (o, v) => o with { MinNewTokens = v });
        Number<int>("--num-return-sequences", "Sentences for each image: the best of the beams, or samples.",
            (o, v) => o with { NumReturnSequences = v });
        forBeams.Add(Number<double>("--length-penalty", "Beams: above 0 favours long sentences, below 0 short ones. [default: 1]",
            (o, v) => o with { LengthPenalty = v }));
        forBeams.Add(Parsed("--early-stopping",
            "Beams: stop as soon as there are enough sentences (true), when better ones are unlikely (false) or impossible (never).",
            "true|false|never", "true, false or never", ParseEarlyStopping, (o, v) => o with { EarlyStopping = v }));
    }

    private Option<bool?> AddSampling()
    {
        var sample = Flag("--do-sample", "Draw words at random, the likelier the more often, in place of the likeliest.",
            (o, v) => o with { DoSample = v }, "--sample");
        forSampling.Add(Number<ulong>("--seed", "Sampling: another number, other words; the same number, the same words. [default: 0]",
            (o, v) => o with { Seed = v }));
        forSampling.Add(Number<double>(
            "--temperature", "Sampling: below 1 is more careful, above 1 more daring. [default: 1]", (o, v) => o with { Temperature = v }));
        forSampling.Add(Number<int>(
            "--top-k", "Sampling: only the k likeliest words; 0 is all. [default: 50]", (o, v) => o with { TopK = v }));
        forSampling.Add(Number<double>("--top-p", "Sampling: only the likeliest words that have this probability together. [default: 1]",
            (o, v) => o with { TopP = v }));
        forSampling.Add(Number<double>(
            "--top-h", "Sampling: of the 100 likeliest words the first ones that hold this share of the entropy.", (o, v) =>
            o with { TopH = v }));
        forSampling.Add(Number<double>(
            "--typical-p", "Sampling: only words about as surprising as expected, up to this probability.", (o, v) =>
            o with { TypicalP = v }));
        forSampling.Add(Number<double>(
            "--min-p", "Sampling: only words at least this share as likely as the likeliest.", (o, v) => o with { MinP = v }));
        forSampling.Add(Number<double>(
            "--epsilon-cutoff", "Sampling: only words at least this likely.", (o, v) => o with { EpsilonCutoff = v }));
        forSampling.Add(Number<double>(
            "--eta-cutoff", "Sampling: as --epsilon-cutoff, lower where many words are likely.", (o, v) => o with { EtaCutoff = v }));
        return sample;
    }

    private void AddRules()
    {
        Number<double>("--repetition-penalty", "Above 1 makes words that were said less likely. [default: 1]",
            (o, v) => o with { RepetitionPenalty = v });
        Number<int>("--no-repeat-ngram-size", "No run of this many tokens comes twice. [default: 0, off]",
            (o, v) => o with { NoRepeatNgramSize = v });
        List("--bad-words-ids", "Comma-separated token ids that never come in this order. Repeatable.", "id,id,…",
            "token ids such as 34 or 46,33",
            ParseIds, (o, v) => o with { BadWordsIds = [.. o.BadWordsIds, .. v] });
        List("--force-words-ids",
            "Comma-separated token ids that may come in this order: sentences are made of such rows alone. Repeatable.", "id,id,…",
            "token ids such as 34 or 46,33", ParseIds, (o, v) => o with { ForceWordsIds = [.. o.ForceWordsIds, .. v] });
        Parsed<int[]>("--suppress-tokens", "Comma-separated token ids that never come.", "id,id,…", "token ids such as 34,46",
            ParseIds, (o, v) => o with { SuppressTokens = v });
        Parsed<int[]>("--begin-suppress-tokens", "Comma-separated token ids that do not come first.", "id,id,…", "token ids such as 34,46",
            ParseIds, (o, v) => o with { BeginSuppressTokens = v });
        List("--sequence-bias",
            "Makes a sequence of token ids likelier, or less likely: 34,46=2.5 adds 2.5 to its last token's score. Repeatable.",
            "id,id,…=bias", "token ids and a number, such as 34,46=2.5", ParseBias, (o, v) => o with
            {
                SequenceBias = [.. o.SequenceBias, .. v],
            });
        Number<int>("--forced-bos-token-id", "The token that comes first after the start token.",
            (o, v) => o with { ForcedBosTokenId = v });
        Number<int>("--forced-eos-token-id", "The token that comes last where the length ends a sentence.",
            (o, v) => o with { ForcedEosTokenId = v });
        Parsed("--exponential-decay-length-penalty", "4,1.4: after 4 tokens the end becomes likelier, 1.4 times with each one.",
            "start,factor", "a whole number and a factor, such as 4,1.4", ParseDecay, (o, v) => o with
            {
                ExponentialDecayLengthPenalty = v,
            });
        List("--stop-strings", "A text that ends the sentence once it is written. Repeatable.", "TEXT", "a text",
            text => text, (o, v) => o with { StopStrings = v });
        Number<double>("--max-time", "Seconds after which a batch ends with the word in hand.", (o, v) => o with { MaxTime = v });
        Flag("--renormalize-logits", "Make probabilities add up to 1 again after all rules.", (o, v) => o with { RenormalizeLogits = v });
    }

    private Option Number<T>(string name, string description, Func<GenerationOptions, T, GenerationOptions> set)
        where T : struct, INumber<T>
    {
        var option = OptionKinds.Number<T>(name, description);
        settings.Add((parsed, options) => parsed.GetValue(option) is { } value ? set(options, value) : options);
        Add(option);
        return option;
    }

    private Option<bool?> Flag(
        string name, string description, Func<GenerationOptions, bool, GenerationOptions> set, params string[] aliases)
    {
        var option = new Option<bool?>(name, aliases) { Description = description, HelpName = "true|false" };
        settings.Add((parsed, options) => parsed.GetValue(option) is { } value ? set(options, value) : options);
        Add(option);
        return option;
    }

    private Option Parsed<T>(
        string name, string description, string helpName, string expected, Func<string, T?> parse, Func<GenerationOptions, T,
            GenerationOptions> set)
        where T : class =>
            Add(name, description, helpName, expected, parse, ArgumentArity.ExactlyOne, (options, values) => set(options, values[^1]));

    private Option Parsed<T>(
        string name, string description, string helpName, string expected, Func<string, T?> parse, Func<GenerationOptions, T,
            GenerationOptions> set)
        where T : struct => Add(
            name, description, helpName, expected, text => (object?)parse(text), ArgumentArity.ExactlyOne, (options, values) =>
                set(options, (T)values[^1]));

    private void List<T>(
        string name, string description, string helpName, string expected, Func<string, T?> parse, Func<GenerationOptions, T[],
            GenerationOptions> set)
        where T : class => Add(name, description, helpName, expected, parse, ArgumentArity.OneOrMore, set);

    private Option Add<T>(
        string name,
        string description,
        string helpName,
        string expected,
        Func<string, T?> parse,
        ArgumentArity arity,
        Func<GenerationOptions, T[], GenerationOptions> set)
        where T : class
    {
        var option = new Option<T[]?>(name)
        {
            Description = description,
            HelpName = helpName,
            Arity = arity,
            CustomParser = result =>
            {
                var values = new List<T>();
                foreach (var token in result.Tokens)
                {
                    if (parse(token.Value) is { } value)
                        values.Add(value);
                    else
                        result.AddError($"{name} is '{token.Value}'; give {expected}.");
                }
                return [.. values];
            },
        };
        settings.Add((parsed, options) => parsed.GetValue(option) is { Length: > 0 } values ? set(options, values) : options);
        Add(option);
        return option;
    }

    private void Add(Option option)
    {
        command.Add(option);
        all.Add(option);
    }

    private static EarlyStopping? ParseEarlyStopping(string text) =>
        Enum.TryParse<EarlyStopping>(text, ignoreCase: true, out var value) && !char.IsAsciiDigit(text[0]) ? value : null;

    private static int[]? ParseIds(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var ids = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
                return null;
        }
        return ids;
    }

    private static SequenceBias? ParseBias(string text) =>
        text.Split('=') is [var left, var right] && ParseIds(left) is { } ids && ParseNumber(right) is { } bias
            ? new SequenceBias(ids, bias)
            : null;

    private static ExponentialDecay? ParseDecay(string text) =>
        text.Split(',') is [var left, var right] && ParseIds(left) is [var start] && ParseNumber(right) is { } factor
            ? new ExponentialDecay(start, factor)
            : null;

    private static double? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;
}
