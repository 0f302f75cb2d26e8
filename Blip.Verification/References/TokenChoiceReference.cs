using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>The choice of <see cref="TokenChoice"/> in double.</summary>
internal static class TokenChoiceReference
{
    /// <summary>The token with the highest sum of score and noise, the lowest of equal ones; and how far it is ahead of each token.</summary>
    /// <param name="scores">One row, <c>[vocabulary]</c>.</param>
    /// <param name="noise">A token's noise: 0 for the likeliest token, standard Gumbel noise for a draw.</param>
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

    /// <summary>Standard Gumbel noise of a 32-bit random word: -log(-log(1 - v)), v the middle of the word's share of 0 to 1.</summary>
    public static double Gumbel(uint word)
    {
        var v = (word + 0.5) / 4294967296.0;
        return -Math.Log(-Math.Log(1 - v));
    }
}
