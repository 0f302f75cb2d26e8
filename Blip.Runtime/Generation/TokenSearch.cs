using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Greedy search and sampling: each row goes on by one token a step.</summary>
/// <param name="context">The call.</param>
/// <param name="onToken">Called for each token as it is chosen; may be null.</param>
/// <param name="ends">Whether the last token of a row ends it; null where the stop token alone does.</param>
internal sealed class TokenSearch(GenerationContext context, Action<GeneratedToken>? onToken, Func<IReadOnlyList<int>, bool>? ends) : IGenerationStrategy
{
    private readonly LogitsProcessor processor = new(context);
    private readonly List<int>[] tokens = [.. Enumerable.Range(0, context.State.Rows).Select(row => Prompt(context, row))];

    // Rows that the host alone has ended, with their sums then: the device goes on with them, for nothing.
    private readonly float?[] endedSums = new float?[context.State.Rows];

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
        for (var row = 0; row < tokens.Length; row++)
        {
            var token = chosen[row];
            if (token < 0 || endedSums[row] is not null)
                continue;
            tokens[row].Add(token);
            var last = token == context.Specials.Stop || tokens[row].Count >= context.Workspace.Limits.Host[row / context.State.Beams];
            if (!last && ends?.Invoke(tokens[row]) == true)
            {
                endedSums[row] = context.Workspace.Running.Host[row];
                last = true;
            }
            ended &= last;
            onToken?.Invoke(new GeneratedToken(row / context.State.Beams, row % context.State.Beams, token, last));
        }
        return ended;
    }

    /// <inheritdoc/>
    public GeneratedSequence[][] Sequences() => [.. tokens.Select(Sequence).Chunk(context.State.Beams)];

    // With room for all that may come, so that a token allocates nothing.
    private static List<int> Prompt(GenerationContext context, int row)
    {
        var tokens = new List<int>(context.State.Capacity);
        tokens.AddRange(context.PromptOf(row));
        return tokens;
    }

    private GeneratedSequence Sequence(List<int> sequence, int row)
    {
        var generated = sequence.Count - context.PromptOf(row).Length;
        return new GeneratedSequence([.. sequence], (endedSums[row] ?? context.Workspace.Running.Host[row]) / Math.Pow(generated, context.Options.LengthPenalty))
        {
            Scores = context.Scores?.Take(Enumerable.Repeat(row, generated)),
            Logits = context.Logits?.Take(Enumerable.Repeat(row, generated)),
        };
    }

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
