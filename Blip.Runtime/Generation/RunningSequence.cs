namespace Blip.Runtime.Generation;

/// <summary>A growing sequence of greedy search or sampling.</summary>
internal sealed class RunningSequence(int[] prompt, int capacity)
{
    public int[] Prompt => prompt;

    /// <summary>From the start token to the last chosen one.</summary>
    public List<int> Tokens { get; } = Fill(prompt, capacity);

    public int Generated => Tokens.Count - prompt.Length;

    /// <summary>Sum of the log-probabilities of the generated tokens.</summary>
    public float LogProbability { get; set; }

    /// <summary>Whether its last token ended it.</summary>
    public bool IsEnded { get; set; }

    public GeneratedSequence ToGenerated(double lengthPenalty) => new([.. Tokens], LogProbability / Math.Pow(Generated, lengthPenalty));

    private static List<int> Fill(int[] prompt, int capacity)
    {
        var tokens = new List<int>(capacity);
        tokens.AddRange(prompt);
        return tokens;
    }
}
