using Blip.Kernels;

namespace Blip.Verification.References;

internal static class TokenChoiceReference
{
    /// <summary>The token with the highest sum of score and noise, the lower of equals; and its lead over each token.</summary>
    /// <param name="scores">One row, <c>[vocabulary]</c>.</param>
    /// <param name="noise">A token's noise: 0, or standard Gumbel for a draw.</param>
    public static (int Token, double[] Behind) Row(IReadOnlyList<float> scores, Func<int, double> noise)
    {
        var orders = scores.Select((score, token) => float.IsNegativeInfinity(score) ? score : score + noise(token)).ToArray();
        var best = 0;
        for (var token = 1; token < orders.Length; token++)
        {
            if (orders[token] > orders[best])
                best = token;
        }
        return (best, [.. orders.Select(order => order == orders[best] ? 0 : orders[best] - order)]);
    }

    /// <summary>Standard Gumbel noise of 32 random bits: -log(-log(1 - v)), v the middle of their share of 0 to 1.</summary>
    public static double Gumbel(uint word)
    {
        var v = (word + 0.5) / 4294967296.0;
        return -Math.Log(-Math.Log(1 - v));
    }
}
