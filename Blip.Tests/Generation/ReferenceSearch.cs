using Blip.Runtime.Generation;
using Blip.Verification.References;

namespace Blip.Tests.Generation;

/// <summary>
/// Greedy and beam search over one image as Hugging Face's generate() defines them, in double, with whole sequences in place of tables.
/// </summary>
internal sealed class ReferenceSearch(
    Func<IReadOnlyList<int>, float[]> model, int[] prompt, SpecialTokens specials, GenerationOptions options, Func<IReadOnlyList<int>,
    bool>? ends = null)
{
    private const double Sunk = -1e9;

    private readonly int limit = options.LengthLimit(prompt.Length);

    /// <summary>How near two scores came of which one was preferred: below rounding, another choice is as right.</summary>
    public double SmallestGap { get; private set; } = double.PositiveInfinity;

    public (int[] Tokens, double Score) Greedy()
    {
        List<int> tokens = [.. prompt];
        var sum = 0.0;
        while (true)
        {
            var logits = model(tokens).Select(value => (double)value).ToArray();
            var scores = ReferenceRules.Apply(logits, tokens, prompt.Length, options, specials);
            var order = Enumerable.Range(0, scores.Length).OrderByDescending(token => scores[token]).ToArray();
            if (order.Length > 1)
                Near(scores[order[0]], scores[order[1]]);
            sum += ReferenceRules.LogSoftmax(logits)[order[0]];
            tokens.Add(order[0]);
            if (order[0] == specials.Stop || tokens.Count >= limit)
                return ([.. tokens], sum / Math.Pow(tokens.Count - prompt.Length, options.LengthPenalty));
        }
    }

    public List<(int[] Tokens, double Score)> Beams()
    {
        var beams = options.NumBeams;
        List<Beam> running = [.. Enumerable.Range(0, beams).Select(beam => new Beam(prompt, beam == 0 ? 0 : Sunk))];
        List<Beam> finished = [];
        while (true)
        {
            var candidates = running.SelectMany(Continuations).OrderByDescending(candidate => candidate.Sum).ToArray();
            NearInOrder(candidates.Take((2 * beams) + 1));
            candidates = [.. candidates.Take(2 * beams)];
            // So far below, float keeps no order; it matters only where such sequences may fill the places that end a search.
            if (options.EarlyStopping == EarlyStopping.True && candidates[beams - 1].Sum <= Sunk / 2)
                Near(0, 0);
            var length = running[0].Tokens.Length + 1;
            var generated = length - prompt.Length;

            finished.AddRange(candidates.Take(beams).Where(Ended)
                .Select(beam => beam with { Sum = beam.Sum / Math.Pow(generated, options.LengthPenalty) }));
            finished = [.. finished.OrderByDescending(beam => beam.Sum)];
            NearInOrder(finished);
            finished = [.. finished.Take(beams)];

            // Where too few run on, ended ones fill the places, far below all others.
            running = [.. candidates.Select(beam => Ended(beam) ? beam with { Sum = beam.Sum + Sunk } : beam)
                .OrderByDescending(beam => beam.Sum).Take(beams)];
            if (running[0].Sum <= Sunk / 2 || Over(generated))
                return [.. finished.Take(options.NumReturnSequences).Select(beam => (beam.Tokens, beam.Sum))];
        }

        bool Over(int generated)
        {
            if (finished.Count < beams)
                return false;
            if (options.EarlyStopping == EarlyStopping.True)
                return true;
            var reach = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0 ? limit - prompt.Length : generated;
            var best = running[0].Sum / Math.Pow(reach, options.LengthPenalty);
            Near(best, finished[^1].Sum);
            return best <= finished[^1].Sum;
        }
    }

    /// <summary>Whether a finished sequence is one that was found, not a filling of free places.</summary>
    public bool IsFound(int[] tokens, double score) => score * Math.Pow(tokens.Length - prompt.Length, options.LengthPenalty) > Sunk / 2;

    private bool Ended(Beam beam) => beam.Tokens[^1] == specials.Stop || beam.Tokens.Length >= limit || ends?.Invoke(beam.Tokens) == true;

    private IEnumerable<Beam> Continuations(Beam beam)
    {
        var scores = ReferenceRules.LogSoftmax(model(beam.Tokens).Select(value => (double)value));
        scores = ReferenceRules.Apply(scores, beam.Tokens, prompt.Length, options, specials);
        if (options.RenormalizeLogits)
            scores = ReferenceRules.LogSoftmax(scores);
        return scores.Select((score, token) => new Beam([.. beam.Tokens, token], beam.Sum + score));
    }

    private void NearInOrder(IEnumerable<Beam> ordered)
    {
        Beam? before = null;
        foreach (var beam in ordered)
        {
            if (before is { Sum: > Sunk / 2 } && beam.Sum > Sunk / 2)
                Near(before.Sum, beam.Sum);
            before = beam;
        }
    }

    private void Near(double a, double b)
    {
        if (double.IsFinite(a) && double.IsFinite(b))
            SmallestGap = Math.Min(SmallestGap, Math.Abs(a - b) / Math.Max(1, Math.Abs(a)));
    }

    private sealed record Beam(int[] Tokens, double Sum);
}
