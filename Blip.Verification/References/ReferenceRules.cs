using Blip.Runtime.Generation;

namespace Blip.Verification.References;

internal static class ReferenceRules
{
    /// <summary>Applies all rules before the sampling filters.</summary>
    public static double[] Apply(
        double[] scores, IReadOnlyList<int> history, int prompt, GenerationOptions options, SpecialTokens specials) =>
        Of(options, specials).Apply(scores, history, prompt, options.LengthLimit(prompt));

    /// <summary>The rules that the options request.</summary>
    public static TokenRulesReference Of(GenerationOptions options, SpecialTokens specials) => new(specials.Stop)
    {
        Biases = [.. options.SequenceBias.Select(bias => (bias.Tokens, bias.Bias))],
        // The stop token alone cannot be forbidden.
        BadWords = [.. options.BadWordsIds.Where(word => !(word.Count == 1 && word[0] == specials.Stop))],
        Allowed = options.ForceWordsIds,
        RepetitionPenalty = options.RepetitionPenalty,
        NoRepeatNgramSize = options.NoRepeatNgramSize,
        MinLength = options.MinLength,
        MinNewTokens = options.MinNewTokens ?? 0,
        ForcedFirstToken = options.ForcedBosTokenId,
        ForcedToken = options.ForcedEosTokenId,
        Decay = options.ExponentialDecayLengthPenalty is { } decay ? (decay.Start, decay.Factor) : null,
        Suppressed = options.SuppressTokens,
        SuppressedFirst = options.BeginSuppressTokens,
    };

    public static double[] LogSoftmax(IEnumerable<double> scores) => LogSoftmaxReference.Row([.. scores]).LogProbabilities;
}
