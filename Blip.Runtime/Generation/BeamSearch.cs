using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Beam search: the best continuations of all beams of an image become its beams; ended sequences are kept by score.</summary>
internal sealed class BeamSearch(GenerationContext context, Func<IReadOnlyList<int>, bool>? ends) : IGenerationStrategy
{
    private readonly LogitsProcessor processor = new(context);
    private readonly int[] candidates = new int[ends is null ? 0 : context.Workspace.Tokens.Length];

    // A token's scores and logits come from the row that ran the token before it.
    private bool NeedsAncestors => context.Scores is not null || context.Logits is not null;

    /// <inheritdoc/>
    public bool StaysOnDevice => ends is null && !NeedsAncestors;

    /// <inheritdoc/>
    public void Choose(ArrayView<float> logits, int rowsPerSource)
    {
        processor.Score(logits, rowsPerSource, normalize: true);
        using (context.Device.Measure(GenerationContext.Stage, nameof(TopCandidates)))
            TopCandidates.Run(context.Device, CandidateArgs());
        if (ends is not null)
            MarkEnds(ends);
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

    // Only the host can tell whether a text ends a sequence: it tries each candidate on its beam.
    private void MarkEnds(Func<IReadOnlyList<int>, bool> endsBy)
    {
        var workspace = context.Workspace;
        workspace.FetchHistory();
        workspace.Tokens.CopyTo(candidates);
        context.Device.Synchronize();
        var (said, count) = (new List<int>(context.State.Capacity + 1), workspace.Shape.Candidates);
        for (var row = 0; row < context.State.Rows; row++)
        {
            said.Clear();
            said.AddRange(workspace.History.Host.Slice(row * context.State.Capacity, workspace.Lengths.Host[row]));
            for (var i = row * count; i < (row + 1) * count; i++)
            {
                said.Add(candidates[i]);
                candidates[i] = endsBy(said) ? 1 : 0;
                said.RemoveAt(said.Count - 1);
            }
        }
        workspace.Ends.CopyFrom(candidates);
    }

    private GeneratedSequence? Found(int row)
    {
        var workspace = context.Workspace;
        var (length, score) = (workspace.FinishedLengths.Host[row], workspace.FinishedScores.Host[row]);
        // The rules may leave fewer sequences than requested; the best is always returned.
        var prompt = context.PromptOf(row).Length;
        if (length == 0 || (row % context.State.Beams > 0 && !(score * workspace.Divisors.Host[length - prompt] > BeamStep.OutOfReach / 2)))
            return null;
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
        Ends = ends is null ? context.Device.Empty<int>() : context.Workspace.Ends.View,
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
