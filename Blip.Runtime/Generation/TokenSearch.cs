using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Greedy search and sampling: each row goes on by one token a step.</summary>
/// <param name="context">The call.</param>
/// <param name="rows">The sequence of each row; it grows here.</param>
/// <param name="onToken">Called for each token as it is chosen; may be null.</param>
/// <param name="ends">Whether the last token of a row ends it; null where the stop token alone does.</param>
internal sealed class TokenSearch(
    GenerationContext context, IReadOnlyList<RunningSequence> rows, Action<GeneratedToken>? onToken, Func<IReadOnlyList<int>, bool>? ends) : IGenerationStrategy
{
    private readonly LogitsProcessor processor = new(context);

    /// <inheritdoc/>
    public bool StaysOnDevice => context is { Scores: null, Logits: null };

    /// <inheritdoc/>
    public void Choose(ArrayView<float> logits, int rowsPerSource)
    {
        processor.Score(logits, rowsPerSource, normalize: false);
        using (context.Device.Measure(GenerationContext.Stage, nameof(TokenChoice)))
            TokenChoice.Run(context.Device, ChoiceArgs(logits, rowsPerSource));
        context.Workspace.FetchChosen();
    }

    /// <inheritdoc/>
    public bool Collect()
    {
        context.Device.Synchronize();
        var chosen = context.Workspace.Chosen.Host;
        var ended = true;
        for (var row = 0; row < rows.Count; row++)
        {
            // The device goes on with a row that the host alone has ended, for nothing.
            if (chosen[row] < 0 || rows[row].IsEnded)
                continue;
            ended &= Append(row, chosen[row]);
        }
        return ended;
    }

    /// <inheritdoc/>
    public GeneratedSequence[][] Sequences() => [.. rows.Select(Sequence).Chunk(context.State.Beams)];

    private bool Append(int row, int token)
    {
        var sequence = rows[row];
        sequence.Tokens.Add(token);
        sequence.LogProbability = context.Workspace.Running.Host[row];
        sequence.IsEnded = token == context.Specials.Stop
            || sequence.Tokens.Count >= context.Workspace.Limits.Host[row / context.State.Beams]
            || ends?.Invoke(sequence.Tokens) == true;
        onToken?.Invoke(new GeneratedToken(row / context.State.Beams, row % context.State.Beams, token, sequence.IsEnded));
        return sequence.IsEnded;
    }

    private GeneratedSequence Sequence(RunningSequence sequence, int row) => sequence.ToGenerated(context.Options.LengthPenalty) with
    {
        Scores = context.Scores?.Take(Enumerable.Repeat(row, sequence.Generated)),
        Logits = context.Logits?.Take(Enumerable.Repeat(row, sequence.Generated)),
    };

    private TokenChoiceArgs ChoiceArgs(ArrayView<float> current, int rowsPerSource) => new()
    {
        Scores = context.Workspace.Scores.View,
        Logits = current,
        LogSums = context.Workspace.LogSums.View,
        Rows = context.State.Rows,
        RowsPerSource = rowsPerSource,
        RowsPerImage = context.State.Beams,
        Vocabulary = context.Decoder.VocabularySize,
        Capacity = context.State.Capacity,
        Sample = context.Options.DoSample,
        Seed = context.Options.Seed,
        Streams = context.Workspace.Streams.View,
        StopToken = context.Specials.Stop,
        PadToken = context.Specials.Pad,
        Limits = context.Workspace.Limits.View,
        History = context.Workspace.History.View,
        Lengths = context.Workspace.Lengths.View,
        Finished = context.Workspace.Finished.View,
        LogProbabilities = context.Workspace.Running.View,
        InputIds = context.State.InputIds.View,
        Positions = context.State.Start.View,
        Chosen = context.Workspace.Chosen.View,
    };
}
