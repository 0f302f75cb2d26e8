namespace Blip.Runtime.Generation;

public sealed partial record GenerationOptions
{
    /// <summary>Whether the options are equal, with lists compared by content.</summary>
    public bool SaysTheSameAs(GenerationOptions other) =>
        ReferenceEquals(this, other)
        || (this with
        {
            BadWordsIds = other.BadWordsIds,
            ForceWordsIds = other.ForceWordsIds,
            SuppressTokens = other.SuppressTokens,
            BeginSuppressTokens = other.BeginSuppressTokens,
            SequenceBias = other.SequenceBias,
            StopStrings = other.StopStrings
        } == other
            && StopStrings.SequenceEqual(other.StopStrings)
            && SuppressTokens.SequenceEqual(other.SuppressTokens)
            && BeginSuppressTokens.SequenceEqual(other.BeginSuppressTokens)
            && SameWords(BadWordsIds, other.BadWordsIds)
            && SameWords(ForceWordsIds, other.ForceWordsIds)
            && SequenceBias.Count == other.SequenceBias.Count
            && SequenceBias.Zip(other.SequenceBias)
                .All(pair => pair.First.Bias.Equals(pair.Second.Bias) && pair.First.Tokens.SequenceEqual(pair.Second.Tokens)));

    /// <summary>The same options with copied lists, so that later changes by the caller have no effect.</summary>
    internal GenerationOptions Snapshot() => this with
    {
        BadWordsIds = [.. BadWordsIds.Select(word => word.ToArray())],
        ForceWordsIds = [.. ForceWordsIds.Select(word => word.ToArray())],
        SuppressTokens = [.. SuppressTokens],
        StopStrings = [.. StopStrings],
        BeginSuppressTokens = [.. BeginSuppressTokens],
        SequenceBias = [.. SequenceBias.Select(bias => bias with { Tokens = [.. bias.Tokens] })],
    };

    private static bool SameWords(IReadOnlyList<IReadOnlyList<int>> words, IReadOnlyList<IReadOnlyList<int>> others) =>
        words.Count == others.Count && words.Zip(others).All(pair => pair.First.SequenceEqual(pair.Second));
}
