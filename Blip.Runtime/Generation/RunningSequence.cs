namespace Blip.Runtime.Generation;

/// <summary>One sequence of greedy search or sampling while it grows: all that a step needs to go on with it, caches aside.</summary>
/// <param name="prompt">Token ids, the start token first.</param>
/// <param name="capacity">Room for so many tokens, so that a token allocates nothing.</param>
internal sealed class RunningSequence(int[] prompt, int capacity)
{
    /// <summary>Token ids that it began with.</summary>
    public int[] Prompt => prompt;

    /// <summary>From the start token to the last one that was chosen.</summary>
    public List<int> Tokens { get; } = Fill(prompt, capacity);

    /// <summary>Tokens behind the prompt.</summary>
    public int Generated => Tokens.Count - prompt.Length;

    /// <summary>Sum of the log-probabilities of the generated tokens.</summary>
    public float LogProbability { get; set; }

    /// <summary>Whether its last token ended it.</summary>
    public bool IsEnded { get; set; }

    /// <summary>The sequence as far as it has come.</summary>
    public GeneratedSequence ToGenerated(double lengthPenalty) => new([.. Tokens], LogProbability / Math.Pow(Generated, lengthPenalty));

    private static List<int> Fill(int[] prompt, int capacity)
    {
        var tokens = new List<int>(capacity);
        tokens.AddRange(prompt);
        return tokens;
    }
}
