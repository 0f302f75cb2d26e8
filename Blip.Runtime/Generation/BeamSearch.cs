using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Beam search: the best continuations of all beams of an image become its beams; sequences that end are kept by their score.</summary>
/// <param name="context">The call.</param>
internal sealed class BeamSearch(GenerationContext context) : IGenerationStrategy
{
    private readonly LogitsProcessor processor = new(context);

    // Scores and logits of a token came from the row that ran the token before it.
    private bool NeedsAncestors => context.Scores is not null || context.Logits is not null;

    /// <inheritdoc/>
    public void Choose(ArrayView<float> logits, int rowsPerSource)
    {
        processor.Score(logits, rowsPerSource, normalize: true);
        using (context.Device.Measure(GenerationContext.Stage, nameof(TopCandidates)))
            TopCandidates.Run(context.Device, CandidateArgs());
        using (context.Device.Measure(GenerationContext.Stage, nameof(BeamStep)))
            BeamStep.Run(context.Device, BeamArgs());
        context.Workspace.FetchFinished();
    }

    /// <inheritdoc/>
    public bool Collect()
    {
        context.Device.Synchronize();
        foreach (var done in context.Workspace.Finished.Host)
        {
            if (done == 0)
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public GeneratedSequence[][] Sequences()
    {
        context.Workspace.FetchFound(NeedsAncestors);
        context.Device.Synchronize();
        var beams = context.State.Beams;
        var wanted = Math.Min(context.Options.NumReturnSequences, beams);
        return [.. Enumerable.Range(0, context.State.Images).Select(image =>
            Enumerable.Range(image * beams, wanted).Select(Found).OfType<GeneratedSequence>().ToArray())];
    }

    private GeneratedSequence? Found(int row)
    {
        var workspace = context.Workspace;
        var (length, score) = (workspace.FinishedLengths.Host[row], workspace.FinishedScores.Host[row]);
        // Where the rules leave fewer sequences than were asked for, there are fewer; the best is always given.
        if (length == 0 || (float.IsNegativeInfinity(score) && row % context.State.Beams > 0))
            return null;
        var prompt = context.PromptOf(row).Length;
        var start = row * context.State.Capacity;
        int[] origins = NeedsAncestors ? workspace.FinishedRows.Host.Slice(start + prompt - 1, length - prompt).ToArray() : [];
        return new GeneratedSequence(workspace.FinishedTokens.Host.Slice(start, length).ToArray(), score)
        {
            Scores = context.Scores?.Take(origins),
            Logits = context.Logits?.Take(origins),
        };
    }

    private TopCandidatesArgs CandidateArgs() => new()
    {
        Scores = context.Workspace.Scores.View,
        Running = context.Workspace.Running.View,
        Rows = context.State.Rows,
        RowsPerImage = context.State.Beams,
        Vocabulary = context.Decoder.VocabularySize,
        Count = context.Workspace.Shape.Candidates,
        Sample = context.Options.DoSample,
        Seed = context.Options.Seed,
        Streams = context.Workspace.Streams.View,
        Lengths = context.Workspace.Lengths.View,
        Orders = context.Workspace.Orders.View,
        Sums = context.Workspace.Sums.View,
        Tokens = context.Workspace.Tokens.View,
    };

    private BeamStepArgs BeamArgs() => new()
    {
        Images = context.State.Images,
        Beams = context.State.Beams,
        Candidates = context.Workspace.Shape.Candidates,
        Capacity = context.State.Capacity,
        StopToken = context.Specials.Stop,
        PadToken = context.Specials.Pad,
        StopWhenFull = context.Options.EarlyStopping == EarlyStopping.True,
        BoundByLimit = context.Options.EarlyStopping == EarlyStopping.Never && context.Options.LengthPenalty > 0,
        Divisors = context.Workspace.Divisors.View,
        PromptLengths = context.State.PromptLengths.View,
        Limits = context.Workspace.Limits.View,
        Orders = context.Workspace.Orders.View,
        Sums = context.Workspace.Sums.View,
        Tokens = context.Workspace.Tokens.View,
        Running = context.Workspace.Running.View,
        Lengths = context.Workspace.Lengths.View,
        History = context.Workspace.History.View,
        CacheRow = context.State.CacheRow.View,
        FinishedScores = context.Workspace.FinishedScores.View,
        FinishedLengths = context.Workspace.FinishedLengths.View,
        FinishedTokens = context.Workspace.FinishedTokens.View,
        FinishedRows = context.Workspace.FinishedRows.View,
        Done = context.Workspace.Finished.View,
        InputIds = context.State.InputIds.View,
        Positions = context.State.Start.View,
        IntScratch = context.Workspace.IntScratch.View,
        FloatScratch = context.Workspace.FloatScratch.View,
    };
}
