using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Greedy search and sampling: each row goes on by one token a step.</summary>
/// <param name="context">The call.</param>
/// <param name="onToken">Called for each token as it is chosen; may be null.</param>
internal sealed class TokenSearch(GenerationContext context, Action<GeneratedToken>? onToken) : IGenerationStrategy
{
    private readonly LogitsProcessor processor = new(context);
    private readonly List<int>[] tokens = [.. Enumerable.Range(0, context.State.Rows).Select(row => new List<int>(context.PromptOf(row)))];

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
            if (token < 0)
                continue;
            tokens[row].Add(token);
            var last = token == context.Specials.Stop || tokens[row].Count >= context.Options.LengthLimit(context.PromptOf(row).Length);
            ended &= last;
            onToken?.Invoke(new GeneratedToken(row / context.State.Beams, row % context.State.Beams, token, last));
        }
        return ended;
    }

    /// <inheritdoc/>
    public GeneratedSequence[][] Sequences() => [.. tokens.Select(Sequence).Chunk(context.State.Beams)];

    private GeneratedSequence Sequence(List<int> sequence, int row)
    {
        var generated = sequence.Count - context.PromptOf(row).Length;
        return new GeneratedSequence([.. sequence], context.Workspace.Running.Host[row] / Math.Pow(generated, context.Options.LengthPenalty))
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
