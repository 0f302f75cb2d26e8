namespace Blip.Runtime.Generation;

/// <summary>
/// How many tokens a draft writes ahead: as many as give the most tokens in a time, by what each part took of late and by how often the draft was
/// right (Leviathan et al. 2023, theorem 3.8, with measured times); none where a step of the decoder alone gives more.
/// </summary>
internal sealed class Lookahead
{
    /// <summary>The most tokens that are written ahead: with the one before them a tile of the processor's linear layers, for which weights are read once.</summary>
    public const int Most = 5;

    // Steps, or drafts, after which the way that is not taken is tried again: it may have become the faster one.
    private const int Again = 64, Tried = 2;

    // What is assumed before it was timed, as shares of a step: a token of the draft, and each further token of a run.
    private const double DraftShare = 0.5, TokenShare = 0.05;

    private readonly int? always;
    private readonly Recent step = new(), draft = new(), token = new();
    private double right = 0.9;
    private int rounds;

    /// <param name="always">A number of tokens whatever the times, at most <see cref="Most"/>; null: as they say.</param>
    public Lookahead(int? always = null) => this.always = always is { } tokens ? Math.Min(tokens, Most) : null;

    /// <summary>Tokens to write ahead now; 0: none, a step alone.</summary>
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

    /// <summary>Whether the time of a step is wanted, for which it must have ended.</summary>
    public bool TimesSteps => always is null && (!step.IsKnown || rounds >= Again || Best() > 0);

    /// <summary>Tokens of the draft that were the decoder's, of those that were compared.</summary>
    public (long Right, long Compared) Hits { get; private set; }

    /// <summary>A step of the decoder alone, in seconds where they are wanted.</summary>
    public void Stepped(TimeSpan time)
    {
        if (TimesSteps)
            step.Add(time.TotalSeconds);
        rounds = step.IsKnown && Best() == 0 ? rounds + 1 : 0;
    }

    /// <summary>Tokens that the draft wrote.</summary>
    public void Drafted(int tokens, TimeSpan time)
    {
        draft.Add(time.TotalSeconds / tokens);
        rounds = Best() == 0 ? 0 : rounds + 1;
    }

    /// <summary>A run of the decoder over so many tokens, 2 or more.</summary>
    public void Verified(int tokens, TimeSpan time) => token.Add((time.TotalSeconds - step.Median) / (tokens - 1));

    /// <summary>Whether a token of the draft was the decoder's.</summary>
    public void Checked(bool isRight)
    {
        right += ((isRight ? 1 : 0) - right) / 32;
        Hits = (Hits.Right + (isRight ? 1 : 0), Hits.Compared + 1);
    }

    // The run's own token comes in any case: 1 + p + p² + … of them.
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

    /// <summary>The median of the last times: one that something else was in the way of does not count.</summary>
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
