namespace Blip.Runtime.Generation;

/// <summary>
/// How many tokens a draft writes ahead: as many as give the most tokens in a time, by what each part took so far and by how often the draft was
/// right (Leviathan et al. 2023, theorem 3.8, with measured times); none where a step of the decoder alone gives more.
/// </summary>
internal sealed class Lookahead
{
    /// <summary>The most tokens that are written ahead: with the one before them a run over 8.</summary>
    public const int Most = 7;

    // Rounds after which an unused choice is timed again: it may have become faster.
    private const int Again = 64;

    // The assumed times of parts that were not timed yet, as shares of a step.
    private const double DraftShare = 0.5, TokenShare = 0.05;

    private readonly int? always;
    private readonly RunningMean step = new(), draft = new();
    private readonly RunningMean[] runs = [.. Enumerable.Range(0, Most + 2).Select(_ => new RunningMean())];
    private double right = 0.9;
    private int rounds;

    /// <param name="always">A fixed number of tokens; null: chosen by the times.</param>
    public Lookahead(int? always = null) => this.always = always is { } tokens ? Math.Min(tokens, Most) : null;

    /// <summary>Tokens to write ahead now; 0: none, a step alone.</summary>
    public int Tokens
    {
        get
        {
            if (always is { } fixedly)
                return fixedly;
            if (!step.IsKnown)
                return 0;
            var best = Best();
            if (rounds < Again)
                return best;
            return best == 0 ? 1 : 0;
        }
    }

    /// <summary>Whether the time of a step is wanted, for which it must have ended.</summary>
    public bool TimesSteps => always is null && (!step.IsKnown || Best() > 0);

    /// <summary>A step of the decoder alone.</summary>
    public void Stepped(TimeSpan time)
    {
        if (TimesSteps)
        {
            step.Add(time);
            rounds = 0;
        }
        else
        {
            rounds++;
        }
    }

    /// <summary>Tokens that the draft wrote.</summary>
    public void Drafted(int tokens, TimeSpan time)
    {
        draft.Add(time / tokens);
        rounds = Best() == 0 ? 0 : rounds + 1;
    }

    /// <summary>A run of the decoder over so many tokens.</summary>
    public void Verified(int tokens, TimeSpan time)
    {
        if (tokens < runs.Length)
            runs[tokens].Add(time);
    }

    /// <summary>Draft tokens that were equal to the decoder's, among the compared ones.</summary>
    public (long Right, long Compared) Hits { get; private set; }

    /// <summary>Whether a token of the draft was the decoder's.</summary>
    public void Checked(bool isRight)
    {
        right += ((isRight ? 1 : 0) - right) / 32;
        Hits = (Hits.Right + (isRight ? 1 : 0), Hits.Compared + 1);
    }

    // The run's own token comes in any case: 1 + p + p² + … of them.
    private int Best()
    {
        var (best, most) = (0, 1 / step.Value);
        var (expected, chance, run) = (1.0, 1.0, step.Value);
        for (var tokens = 1; tokens <= Most; tokens++)
        {
            chance *= right;
            expected += chance;
            run = runs[tokens + 1].IsKnown ? runs[tokens + 1].Value : run + (TokenShare * step.Value);
            var rate = expected / ((tokens * (draft.IsKnown ? draft.Value : DraftShare * step.Value)) + run);
            if (rate > most)
                (best, most) = (tokens, rate);
        }
        return best;
    }

    /// <summary>A mean that forgets. The first time is left out: it finds memory and makes plans.</summary>
    private sealed class RunningMean
    {
        private const int Window = 8;
        private int count;

        public bool IsKnown => count > 1;

        public double Value { get; private set; }

        public void Add(TimeSpan time)
        {
            if (count > 0)
                Value += (time.TotalSeconds - Value) / Math.Min(count, Window);
            count++;
        }
    }
}
