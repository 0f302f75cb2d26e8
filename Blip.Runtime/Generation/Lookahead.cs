namespace Blip.Runtime.Generation;

/// <summary>
/// How many tokens a draft writes ahead. It is the number with the most tokens per time, from recent times and the draft's hit rate
/// (Leviathan et al. 2023, theorem 3.8, with measured times). It is 0 if the decoder alone is faster.
/// </summary>
internal sealed class Lookahead
{
    /// <summary>
    /// The most tokens ahead: with the one before them they fill a tile of the processor's linear layers, which reads weights once.
    /// </summary>
    public const int Most = 5;

    // Steps or drafts after which the other way is tried again, and the tokens of that trial.
    private const int Again = 64, Tried = 2;

    // Assumed until measured, as shares of a step: a draft token, and each further token of a run.
    private const double DraftShare = 0.5, TokenShare = 0.05;

    private readonly int? always;
    private readonly Recent step = new(), draft = new(), token = new();
    private double right = 0.9;
    private int rounds;

    /// <param name="always">A fixed number of tokens, at most <see cref="Most"/>; null: by measured times.</param>
    public Lookahead(int? always = null) => this.always = always is { } tokens ? Math.Min(tokens, Most) : null;

    /// <summary>Tokens to write ahead now; 0 for a step alone.</summary>
    public int Tokens
    {
        get
        {
            if (always is { } tokens)
                return tokens;
            if (!step.IsKnown)
                return 0;
            return rounds < Again ? Best() : Best() == 0 ? Tried : 0;
        }
    }

    /// <summary>Whether a step's time is needed, for which it must have ended.</summary>
    public bool TimesSteps => always is null && (!step.IsKnown || rounds >= Again || Best() > 0);

    /// <summary>Draft tokens equal to the decoder's, among those compared.</summary>
    public (long Right, long Compared) Hits { get; private set; }

    /// <summary>Reports a step of the decoder alone, with its time if needed.</summary>
    public void Stepped(TimeSpan time)
    {
        if (TimesSteps)
            step.Add(time.TotalSeconds);
        rounds = step.IsKnown && Best() == 0 ? rounds + 1 : 0;
    }

    /// <summary>Reports tokens that the draft wrote.</summary>
    public void Drafted(int tokens, TimeSpan time)
    {
        draft.Add(time.TotalSeconds / tokens);
        rounds = Best() == 0 ? 0 : rounds + 1;
    }

    /// <summary>Reports a decoder run over 2 or more tokens.</summary>
    public void Verified(int tokens, TimeSpan time) => token.Add((time.TotalSeconds - step.Median) / (tokens - 1));

    /// <summary>Reports whether a draft token was the decoder's.</summary>
    public void Checked(bool isRight)
    {
        right += ((isRight ? 1 : 0) - right) / 32;
        Hits = (Hits.Right + (isRight ? 1 : 0), Hits.Compared + 1);
    }

    // The run always yields one token: 1 + p + p² + … are expected.
    private int Best()
    {
        var (best, most) = (0, 1 / step.Median);
        var (expected, chance) = (1.0, 1.0);
        var ahead = (draft.IsKnown ? draft.Median : DraftShare * step.Median) + (token.IsKnown ? token.Median : TokenShare * step.Median);
        for (var tokens = 1; tokens <= Most; tokens++)
        {
            chance *= right;
            expected += chance;
            var rate = expected / (step.Median + (tokens * ahead));
            if (rate > most)
                (best, most) = (tokens, rate);
        }
        return best;
    }

    /// <summary>The median of the last times, which outliers do not affect.</summary>
    private sealed class Recent
    {
        private const int Window = 9, Least = 3;
        private readonly double[] times = new double[Window], sorted = new double[Window];
        private int count;

        public bool IsKnown => count >= Least;

        public double Median { get; private set; }

        public void Add(double time)
        {
            times[count++ % Window] = time;
            var kept = Math.Min(count, Window);
            times.AsSpan(0, kept).CopyTo(sorted);
            sorted.AsSpan(0, kept).Sort();
            Median = sorted[kept / 2];
        }
    }
}
