using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>A whole sort in place of <see cref="TopCandidates"/>'s search.</summary>
internal static class TopCandidatesReference
{
    /// <summary>Tokens with their sums and orders, best first; of equal ones the lower token.</summary>
    /// <param name="scores">One row, <c>[vocabulary]</c>.</param>
    /// <param name="running">The row's sum so far. Sums are floats, the same on every device, and their ties are the same, too.</param>
    /// <param name="noise">The addition to a token's sum for the order: 0 where nothing is drawn.</param>
    /// <param name="count">Candidates to return.</param>
    public static (int Token, float Sum, double Order)[] Row(IReadOnlyList<float> scores, float running, Func<int, double> noise, int count) =>
        [.. scores
            .Select((score, token) => (Token: token, Sum: score + running))
            .Select(candidate => (candidate.Token, candidate.Sum, Order: float.IsNegativeInfinity(candidate.Sum) ? candidate.Sum : candidate.Sum + noise(candidate.Token)))
            .OrderByDescending(candidate => candidate.Order)
            .ThenBy(candidate => candidate.Token)
            .Take(count)];
}
