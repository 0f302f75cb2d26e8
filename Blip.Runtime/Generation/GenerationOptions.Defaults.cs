using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Generation;

/// <content>Options from a model's files.</content>
public sealed partial record GenerationOptions
{
    /// <summary>The options of a model's files; options not set there have this record's defaults.</summary>
    /// <exception cref="ArgumentException">The files ask for something unsupported; the message names it.</exception>
    internal static GenerationOptions From(GenerationDefaults defaults)
    {
        var plain = new GenerationOptions();
        if (defaults.ForcedEosTokenIds is { Count: > 1 })
            throw new ArgumentException(
                $"forced_eos_token_id names {defaults.ForcedEosTokenIds.Count} tokens; one can be forced. Leave one in "
                    + $"generation_config.json.", nameof(defaults));
        return new GenerationOptions
        {
            MaxLength = defaults.MaxLength ?? plain.MaxLength,
            MaxNewTokens = defaults.MaxNewTokens,
            MinLength = defaults.MinLength ?? plain.MinLength,
            MinNewTokens = defaults.MinNewTokens,
            DoSample = defaults.DoSample ?? plain.DoSample,
            NumBeams = defaults.NumBeams ?? plain.NumBeams,
            NumReturnSequences = defaults.NumReturnSequences ?? plain.NumReturnSequences,
            EarlyStopping = defaults.EarlyStopping switch
            {
                null or "false" => EarlyStopping.False,
                "true" => EarlyStopping.True,
                "never" => EarlyStopping.Never,
                var other => throw new ArgumentException(
                    $"early_stopping is {other}; it must be true, false or \"never\".", nameof(defaults)),
            },
            LengthPenalty = defaults.LengthPenalty ?? plain.LengthPenalty,
            // Files for greedy search may have 0 here; only sampling divides by it.
            Temperature = defaults is { Temperature: 0, DoSample: not true }
                ? plain.Temperature
                : defaults.Temperature ?? plain.Temperature,
            TopK = defaults.TopK ?? plain.TopK,
            TopP = defaults.TopP ?? plain.TopP,
            MinP = defaults.MinP,
            TopH = defaults.TopH,
            TypicalP = defaults.TypicalP ?? plain.TypicalP,
            EpsilonCutoff = defaults.EpsilonCutoff ?? plain.EpsilonCutoff,
            EtaCutoff = defaults.EtaCutoff ?? plain.EtaCutoff,
            RepetitionPenalty = defaults.RepetitionPenalty ?? plain.RepetitionPenalty,
            NoRepeatNgramSize = defaults.NoRepeatNgramSize ?? plain.NoRepeatNgramSize,
            BadWordsIds = defaults.BadWordsIds ?? plain.BadWordsIds,
            SuppressTokens = defaults.SuppressTokens ?? plain.SuppressTokens,
            BeginSuppressTokens = defaults.BeginSuppressTokens ?? plain.BeginSuppressTokens,
            SequenceBias = defaults.SequenceBias?.Select(bias => new SequenceBias(bias.Tokens, bias.Bias)).ToArray() ?? plain.SequenceBias,
            ForcedBosTokenId = defaults.ForcedBosTokenId,
            ForcedEosTokenId = defaults.ForcedEosTokenIds is [var forced] ? forced : null,
            ExponentialDecayLengthPenalty = defaults.ExponentialDecayLengthPenalty is { } decay
                ? new ExponentialDecay(decay.Start, decay.Factor)
                : null,
            StopStrings = defaults.StopStrings ?? plain.StopStrings,
            MaxTime = defaults.MaxTime,
            RenormalizeLogits = defaults.RenormalizeLogits ?? plain.RenormalizeLogits,
        };
    }
}
