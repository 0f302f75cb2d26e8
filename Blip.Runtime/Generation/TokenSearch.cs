using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Greedy search and sampling: each row grows by one token per step.</summary>
internal sealed class TokenSearch(
    GenerationContext context, IReadOnlyList<RunningSequence> rows, Action<GeneratedToken>? onToken, Func<IReadOnlyList<int>, bool>? ends)
        : IGenerationStrategy
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
            // The device continues rows that only the host has ended.
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
