using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>The common tensors of two trace files, in the order of computation, and the first different token; null for none.</summary>
internal sealed record TraceComparison(IReadOnlyList<TensorDifference> Tensors, TokenDifference? Tokens)
{
    /// <summary>Names that only one file holds.</summary>
    public required (IReadOnlyList<string> First, IReadOnlyList<string> Second) Alone { get; init; }

    /// <summary>The model's head; null where unknown.</summary>
    public BlipHead? Head { get; init; }

    /// <summary>The first different tensor; null for none.</summary>
    public TensorDifference? First => Tensors.FirstOrDefault(tensor => tensor.Differs);

    /// <summary>The tensor of numbers closest to its tolerance, or furthest beyond it; null for none.</summary>
    public TensorDifference? Largest =>
        Tensors.Where(tensor => !tensor.IsIds).MaxBy(tensor => tensor.Relative / Math.Max(tensor.Tolerance, double.Epsilon));

    /// <summary>
    /// Judges the first file by the second. A null tolerance is the precisions'; a given one is a share of each tensor's rms.
    /// </summary>
    /// <exception cref="CheckpointException">They have no tensor in common, or cannot be read.</exception>
    public static TraceComparison Of(TraceFile first, TraceFile second, double? tolerance = null)
    {
        var common = first.Names.Where(second.Holds).ToList();
        if (common.Count == 0)
        {
            throw new CheckpointException(
                $"{first.Path} and {second.Path} have no tensor of one name. A trace holds pixel_values, vision.hidden.0 and so on "
                + "(docs/debugging.md has the names).");
        }
        var (tokens, comparer) = (TokenDifference.Find(first, second), new TensorComparer(first, second));
        var tolerances = tolerance is { } given ? new TraceTolerance(given, given) : TraceTolerance.Of(first, second);
        return new TraceComparison([.. common.Select(name => Compare(name) with { Tolerance = tolerances.For(name) })], tokens)
        {
            Alone = ([.. first.Names.Where(name => !second.Holds(name))], [.. second.Names.Where(name => !first.Holds(name))]),
            Head = first.Metadata.Head ?? second.Metadata.Head,
        };

        // Behind the first different token, the decoders read different texts. Its own logits still compare.
        TensorDifference Compare(string name) => (tokens, TracePlace.Of(name).Stage) switch
        {
            ({ } differ, TraceStage.Decoder) => comparer.CompareTokens(name, differ.Position),
            ({ } differ, TraceStage.Steps) => comparer.CompareTokens(name, Math.Max(0, differ.Position - Prompt(first, name) + 1)),
            ({ } differ, TraceStage.Tokens) =>
                new TensorDifference(name, first.Info(name), second.Info(name)) { Reason = $"token {differ.Position}" },
            _ => comparer.Compare(name),
        };
    }

    // The first step chooses the token behind the prompt.
    private static long Prompt(TraceFile file, string logits) =>
        file.Info(logits).Shape is [_, var steps, ..] ? file.Info(TracePlace.Sequences).Shape[^1] - steps : 0;
}
