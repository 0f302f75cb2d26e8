namespace Blip.Runtime.Tracing;

/// <summary>A chosen token beside the best of the others, with their logits. The start token has position 0.</summary>
internal readonly record struct TraceStep(int Position, int Token, float Logit, int Other, float OtherLogit)
{
    /// <summary>
    /// Logits closer than this are a near-tie: the likelier token is about 5 % likelier at most. Rounding elsewhere may choose the other
    /// one.
    /// </summary>
    public const double NearTie = 0.05;

    /// <summary>The token's lead; negative where a rule or a draw preferred it.</summary>
    public double Gap => (double)Logit - OtherLogit;

    public bool IsNearTie => Math.Abs(Gap) < NearTie;

    /// <summary>
    /// The steps of a sequence after its prompt. <paramref name="logits"/> writes the logits <c>[vocabulary]</c> of the token behind a
    /// position.
    /// </summary>
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
