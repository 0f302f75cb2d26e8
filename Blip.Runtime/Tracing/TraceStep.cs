namespace Blip.Runtime.Tracing;

/// <summary>One token that was chosen, beside the best of the others.</summary>
/// <param name="Position">Its place in the sequence; the start token is at 0.</param>
/// <param name="Token">The token.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Other">The token with the largest logit among the others.</param>
/// <param name="OtherLogit">The logit of that one.</param>
internal readonly record struct TraceStep(int Position, int Token, float Logit, int Other, float OtherLogit)
{
    /// <summary>
    /// Logits closer than this are a near-tie: the likelier token is less than 5 % likelier. Rounding elsewhere may choose the other one.
    /// </summary>
    public const double NearTie = 0.05;

    /// <summary>How far the token is ahead; negative where a rule or a draw preferred it.</summary>
    public double Gap => (double)Logit - OtherLogit;

    /// <summary>Whether the two are a near-tie.</summary>
    public bool IsNearTie => Math.Abs(Gap) < NearTie;

    /// <summary>The steps of a sequence.</summary>
    /// <param name="tokens">The sequence from its start token.</param>
    /// <param name="promptTokens">Tokens of its prompt, which were not chosen.</param>
    /// <param name="logits">Writes the logits of the token behind a position, <c>[vocabulary]</c>.</param>
    /// <param name="vocabulary">Tokens of the vocabulary.</param>
    public static List<TraceStep> Of(IReadOnlyList<int> tokens, int promptTokens, Action<int, Span<float>> logits, int vocabulary)
    {
        var (steps, row) = (new List<TraceStep>(), new float[vocabulary]);
        for (var position = Math.Max(1, promptTokens); position < tokens.Count; position++)
        {
            logits(position - 1, row);
            if ((uint)tokens[position] < (uint)vocabulary)
                steps.Add(Of(position, tokens[position], row));
        }
        return steps;
    }

    private static TraceStep Of(int position, int token, ReadOnlySpan<float> logits)
    {
        var other = token == 0 && logits.Length > 1 ? 1 : 0;
        for (var id = 0; id < logits.Length; id++)
        {
            if (id != token && logits[id] > logits[other])
                other = id;
        }
        return new TraceStep(position, token, logits[token], other, logits[other]);
    }
}
