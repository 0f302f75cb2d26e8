using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary><see cref="TopCandidates"/> by a full sort.</summary>
internal static class TopCandidatesReference
{
    /// <summary>Tokens with sums and orders, best first; of equals the lower token.</summary>
    /// <param name="scores">One row, <c>[vocabulary]</c>.</param>
    /// <param name="running">The row's sum so far. Sums are floats, with the same ties on every device.</param>
    /// <param name="noise">Added to a sum for its order; 0 without draws.</param>
    /// <param name="count">The number to return.</param>
    public static (int Token, float Sum, double Order)[] Row(
        IReadOnlyList<float> scores, float running, Func<int, double> noise, int count) =>
        [.. scores
            .Select((score, token) => (Token: token, Sum: score + running))
            .Select(candidate =>
                (candidate.Token, candidate.Sum,
                    Order: float.IsNegativeInfinity(candidate.Sum) ? candidate.Sum : candidate.Sum + noise(candidate.Token)))
            .OrderByDescending(candidate => candidate.Order)
            .ThenBy(candidate => candidate.Token)
            .Take(count)];
}
