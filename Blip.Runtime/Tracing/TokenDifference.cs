using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>The first token that two runs chose differently.</summary>
/// <param name="Row">The row of the batch.</param>
/// <param name="Position">The token's place in the sequence; the start token is at 0.</param>
/// <param name="First">The first file's token; null where its sequence ends before.</param>
/// <param name="Second">The second file's token; null where its sequence ends before.</param>
internal sealed record TokenDifference(int Row, int Position, int? First, int? Second)
{
    /// <summary>The logits of both tokens in the second file, or else in the first; null where neither holds them.</summary>
    public (float First, float Second)? Logits { get; init; }

    /// <summary>How far one is ahead of the other; null where the logits are not known.</summary>
    public double? Gap => Logits is var (first, second) ? Math.Abs((double)first - second) : null;

    /// <summary>Whether they are a near-tie.</summary>
    public bool IsNearTie => Gap < TraceStep.NearTie;

    /// <summary>The first difference of the tokens that came out; null where there is none, or a file does not hold them.</summary>
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

    // The logits of a token are those of the row in front of it.
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
