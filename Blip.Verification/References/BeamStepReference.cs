using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>One image's step of <see cref="BeamStep"/>, with whole sequences instead of tables.</summary>
/// <param name="Beams">Beams.</param>
/// <param name="Prompt">Tokens of the prompt.</param>
/// <param name="Limit">A sequence's most tokens.</param>
/// <param name="Stop">The token that ends a sequence.</param>
/// <param name="StopWhenFull">As in <see cref="BeamStepArgs"/>.</param>
/// <param name="BoundByLimit">As in <see cref="BeamStepArgs"/>.</param>
/// <param name="LengthPenalty">Divides a sequence's sum by (generated tokens)^LengthPenalty.</param>
internal sealed record BeamStepReference(
    int Beams, int Prompt, int Limit, int Stop, bool StopWhenFull, bool BoundByLimit, double LengthPenalty)
{
    private const double Sunk = -1e9;

    /// <summary>More tokens that end a sequence.</summary>
    public IReadOnlySet<int> Ends { get; init; } = new HashSet<int>();

    /// <summary>A sequence, its positions' cache rows, and its sum, or score if finished.</summary>
    public sealed record Beam(int[] Tokens, int[] Rows, double Sum);

    /// <summary>Running and finished sequences, best first, and whether the search is over.</summary>
    public sealed record State(IReadOnlyList<Beam> Running, IReadOnlyList<Beam> Finished, bool Done);

    /// <summary>Takes a step.</summary>
    /// <param name="before">The previous state.</param>
    /// <param name="candidates">Each beam's continuations, best first.</param>
    /// <param name="firstRow">The first beam's row.</param>
    public State Step(State before, IReadOnlyList<IReadOnlyList<(int Token, double Sum)>> candidates, int firstRow)
    {
        var generated = before.Running[0].Tokens.Length + 1 - Prompt;
        Beam[] merged = [.. candidates
            .SelectMany((continuations, beam) =>
                continuations.Select(next => new Beam([.. before.Running[beam].Tokens, next.Token], before.Running[beam].Rows, next.Sum)))
            .OrderByDescending(beam => beam.Sum).Take(2 * Beams)];
        Beam[] running = [.. merged
            .Select(beam => beam with { Sum = beam.Sum + (Ended(beam) ? Sunk : 0) })
            .OrderByDescending(beam => beam.Sum).Take(Beams)
            .Select((beam, index) => beam with { Rows = [.. beam.Rows, firstRow + index] })];
        Beam[] finished = [.. before.Finished
            .Concat(merged.Take(Beams).Where(Ended).Select(beam => beam with { Sum = beam.Sum / Math.Pow(generated, LengthPenalty) }))
            .OrderByDescending(beam => beam.Sum).Take(Beams)];
        var reach = running[0].Sum / Math.Pow(BoundByLimit ? Limit - Prompt : generated, LengthPenalty);
        var done = running[0].Sum <= Sunk / 2 || (finished.Length == Beams && (StopWhenFull || reach <= finished[^1].Sum));
        return new State(running, finished, done);
    }

    private bool Ended(Beam beam) => beam.Tokens[^1] == Stop || Ends.Contains(beam.Tokens[^1]) || beam.Tokens.Length >= Limit;
}
