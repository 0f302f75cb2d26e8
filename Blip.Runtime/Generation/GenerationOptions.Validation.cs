using System.Runtime.CompilerServices;

namespace Blip.Runtime.Generation;

public sealed partial record GenerationOptions
{
    /// <summary>Most beams, and most sequences per image.</summary>
    public const int MaxBeams = 64;

    /// <summary>Checks each option and their combinations.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it and its allowed values.</exception>
    public void Validate()
    {
        Require(MaxLength >= 1, MaxLength, "give 1 or more (start token and prompt counted)");
        Require(MinLength >= 0, MinLength, "give 0 or more");
        Require(MaxNewTokens is null or >= 1, MaxNewTokens, "give 1 or more, or leave it out");
        Require(MinNewTokens is null or >= 0, MinNewTokens, "give 0 or more, or leave it out");
        Require(MaxNewTokens is not null || MinLength <= MaxLength, MinLength, $"give at most MaxLength, which is {MaxLength}");
        Require(MaxNewTokens is null || MinNewTokens is null || MinNewTokens <= MaxNewTokens, MinNewTokens,
            $"give at most MaxNewTokens, which is {MaxNewTokens}");
        Require(NumBeams is >= 1 and <= MaxBeams, NumBeams, $"give 1 to {MaxBeams}");
        Require(NumReturnSequences is >= 1 and <= MaxBeams, NumReturnSequences, $"give 1 to {MaxBeams}");
        Require(NumBeams == 1 || NumReturnSequences <= NumBeams, NumReturnSequences,
            $"a search with NumBeams {NumBeams} returns at most so many; raise NumBeams");
        Require(NumBeams > 1 || DoSample || NumReturnSequences == 1, NumReturnSequences,
            "greedy search finds one sequence; set NumBeams or DoSample for more");
        Require(Enum.IsDefined(EarlyStopping), EarlyStopping, "give False, True or Never");
        Require(double.IsFinite(LengthPenalty) && Math.Abs(LengthPenalty) <= 10, LengthPenalty,
            "give a number from -10 to 10 (0 is off, above 0 favours long sequences)");
        Require(double.IsFinite(Temperature) && Temperature >= 1e-4, Temperature,
            "give a number of at least 0.0001 (for the likeliest token switch DoSample off)");
        Require(TopK >= 0, TopK, "give the number of tokens to keep, or 0 to keep all");
        Require(TopP is >= 0 and <= 1, TopP, "give a sum of probabilities from 0 to 1 (1 is off)");
        Require(TopH is null or (> 0 and <= 1), TopH, "give a share of the entropy above 0, up to 1, or leave it out");
        Require(TypicalP is > 0 and <= 1, TypicalP, "give a sum of probabilities above 0, up to 1 (1 is off)");
        Require(MinP is null or (>= 0 and <= 1), MinP, "give a share of the highest probability from 0 to 1, or leave it out");
        Require(EpsilonCutoff is >= 0 and < 1, EpsilonCutoff, "give a probability from 0 (off) to below 1");
        Require(EtaCutoff is >= 0 and < 1, EtaCutoff, "give a probability from 0 (off) to below 1");
        Require(double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, RepetitionPenalty,
            "give a number above 0 (1 is off, above 1 repeats less)");
        Require(NoRepeatNgramSize >= 0, NoRepeatNgramSize, "give the number of tokens that may not recur together, or 0");
        Require(MaxTime is null || (double.IsFinite(MaxTime.Value) && MaxTime > 0), MaxTime, "give seconds above 0, or leave it out");
        Require(!NotNull(StopStrings).Any(string.IsNullOrEmpty), StopStrings.Count, "one of the texts is empty; give it words",
            nameof(StopStrings));
        RequireTokens(SuppressTokens);
        RequireTokens(BeginSuppressTokens);
        foreach (var word in NotNull(BadWordsIds))
            RequireSequence(word, nameof(BadWordsIds));
        foreach (var word in NotNull(ForceWordsIds))
            RequireSequence(word, nameof(ForceWordsIds));
        foreach (var bias in NotNull(SequenceBias))
        {
            RequireSequence(bias?.Tokens, nameof(SequenceBias));
            Require(double.IsFinite(bias!.Bias), bias.Bias, "a bias is a finite number; use BadWordsIds to forbid a sequence",
                nameof(SequenceBias));
        }
        Require(ForcedBosTokenId is null or >= 0, ForcedBosTokenId, "give a token id, or leave it out");
        Require(ForcedEosTokenId is null or >= 0, ForcedEosTokenId, "give a token id, or leave it out");
        if (ExponentialDecayLengthPenalty is { } decay)
        {
            Require(decay.Start >= 0, decay.Start, "the start is a number of generated tokens, 0 or more",
                nameof(ExponentialDecayLengthPenalty));
            Require(double.IsFinite(decay.Factor) && decay.Factor > 0, decay.Factor,
                "the factor is a number above 0 (above 1 ends earlier)", nameof(ExponentialDecayLengthPenalty));
        }
    }

    /// <summary>Checks the options against a model.</summary>
    /// <exception cref="ArgumentException">An option is out of range for this model.</exception>
    internal void Validate(int vocabularySize, int maxPositions, SpecialTokens specials)
    {
        Validate();
        Require(MaxNewTokens is not null || MaxLength <= maxPositions, MaxLength,
            $"the model has {maxPositions} positions; give at most that");
        Require(MaxNewTokens is null || MaxNewTokens < maxPositions, MaxNewTokens,
            $"the model has {maxPositions} positions, start token and prompt counted; give less");
        Require(NumBeams <= vocabularySize, NumBeams, $"the model has {vocabularySize} tokens; give at most that");
        foreach (var token in SuppressTokens)
            RequireToken(token, nameof(SuppressTokens));
        foreach (var token in BeginSuppressTokens)
            RequireToken(token, nameof(BeginSuppressTokens));
        foreach (var token in BadWordsIds.SelectMany(word => word))
            RequireToken(token, nameof(BadWordsIds));
        foreach (var token in ForceWordsIds.SelectMany(word => word))
            RequireToken(token, nameof(ForceWordsIds));
        foreach (var token in SequenceBias.SelectMany(bias => bias.Tokens))
            RequireToken(token, nameof(SequenceBias));
        if (ForcedBosTokenId is { } first)
            RequireToken(first, nameof(ForcedBosTokenId));
        if (ForcedEosTokenId is { } last)
            RequireToken(last, nameof(ForcedEosTokenId));
        Require(SuppressTokens.Distinct().Count() < vocabularySize, SuppressTokens.Count,
            "this forbids the whole vocabulary; leave some tokens", nameof(SuppressTokens));
        foreach (var (id, name) in new[] { (specials.Start, "start"), (specials.Stop, "stop"), (specials.Pad, "pad") })
        {
            if (id < 0 || id >= vocabularySize)
                throw new ArgumentException(
                    $"The {name} token {id} is not in the vocabulary of {vocabularySize} tokens; the model's config names it wrongly.",
                    nameof(specials));
        }

        void RequireToken(int token, string option) =>
            Require(token < vocabularySize, token, $"the vocabulary has tokens 0 to {vocabularySize - 1}", option);
    }

    private static void Require<T>(bool fine, T value, string advice, [CallerArgumentExpression(nameof(value))] string option = "")
    {
        if (!fine)
            throw new ArgumentException(FormattableString.Invariant($"{option} is {value}: {advice}."), option);
    }

    private static IReadOnlyList<T> NotNull<T>(IReadOnlyList<T>? list, [CallerArgumentExpression(nameof(list))] string option = "") =>
        list ?? throw new ArgumentException($"{option} is null: give a list, or leave it out.", option);

    private static void RequireTokens(IReadOnlyList<int>? tokens, [CallerArgumentExpression(nameof(tokens))] string option = "")
    {
        foreach (var token in NotNull(tokens, option))
            Require(token >= 0, token, "a token id is 0 or more", option);
    }

    private static void RequireSequence(IReadOnlyList<int>? tokens, string option)
    {
        Require(tokens is { Count: > 0 }, "an empty sequence", "give at least one token id", option);
        RequireTokens(tokens, option);
    }
}
