using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>
/// The first token that two runs chose differently. The start token has position 0. A token is null where its sequence ends before.
/// </summary>
internal sealed record TokenDifference(int Row, int Position, int? First, int? Second)
{
    /// <summary>Both tokens' logits in the second file, or else in the first; null where neither has them.</summary>
    public (float First, float Second)? Logits { get; init; }

    /// <summary>The logits' distance; null where they are unknown.</summary>
    public double? Gap => Logits is var (first, second) ? Math.Abs((double)first - second) : null;

    public bool IsNearTie => Gap < TraceStep.NearTie;

    /// <summary>The first difference of the generated tokens; null for none, or where a file lacks them.</summary>
    public static TokenDifference? Find(TraceFile first, TraceFile second)
    {
        if (!first.Holds(TracePlace.Sequences) || !second.Holds(TracePlace.Sequences))
            return null;
        var (a, b) = (first.ReadIds(TracePlace.Sequences), second.ReadIds(TracePlace.Sequences));
        TokenDifference? found = null;
        for (var row = 0; row < Math.Min(a.Length, b.Length); row++)
        {
            var common = a[row].AsSpan().CommonPrefixLength(b[row]);
            if ((common < a[row].Length || common < b[row].Length) && (found is null || common < found.Position))
                found = new TokenDifference(row, common, At(a[row], common), At(b[row], common));
        }
        return found is null ? null : found with { Logits = found.LogitsIn(second) ?? found.LogitsIn(first) };
    }

    private static int? At(int[] tokens, int position) => position < tokens.Length ? tokens[position] : null;

    // A token's logits are those of the row before it.
    private (float First, float Second)? LogitsIn(TraceFile file)
    {
        if (First is not { } a || Second is not { } b || Position == 0 || !file.Holds(TracePlace.Logits))
            return null;
        if (file.Info(TracePlace.Logits).Shape is not [var rows, var tokens, var vocabulary])
            return null;
        if (Row >= rows || Position > tokens || Math.Min(a, b) < 0 || Math.Max(a, b) >= vocabulary)
            return null;
        var start = ((Row * tokens) + Position - 1) * vocabulary;
        var logits = new float[2];
        file.Read(TracePlace.Logits, start + a, logits.AsSpan(0, 1));
        file.Read(TracePlace.Logits, start + b, logits.AsSpan(1, 1));
        return (logits[0], logits[1]);
    }
}
