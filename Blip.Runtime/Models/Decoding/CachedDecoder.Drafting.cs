using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <content>
/// Drafts of one sequence. The draft runs the decoder's step with other weights over the same caches. It reads the verified keys and
/// values and appends its own. The verifying run overwrites these with the decoder's.
/// </content>
internal sealed partial class CachedDecoder
{
    private readonly PlanCache<(int Capacity, int Sources, int SourceTokens)> draftPlans;
    private readonly PlanCache<(int Tokens, int Capacity, int Sources, int SourceTokens)> stepsPlans;
    private readonly GrowingBuffer<float> draftLogits, stepsLogits;

    /// <summary>Plans the draft's steps; null without a draft.</summary>
    public Executor? Drafter { get; set; }

    /// <inheritdoc cref="IDraftedDecoder.DraftStep"/>
    public ArrayView<float> DraftStep(DecodingState draft)
    {
        var source = Prepared();
        return Run(draftPlans.Get((draft.Capacity, source.Rows, source.Tokens)), draft, draft.InputIds.View,
            draftLogits.View(text.VocabularySize));
    }

    /// <inheritdoc cref="IDraftedDecoder.Steps"/>
    public ArrayView<float> Steps(DecodingState state, ArrayView<int> ids)
    {
        var (source, tokens) = (Prepared(), checked((int)ids.Length));
        return Run(stepsPlans.Get((tokens, state.Capacity, source.Rows, source.Tokens)), state, ids,
            stepsLogits.View((long)tokens * text.VocabularySize));
    }

    private DecoderSource Prepared() => prepared is { Rows: 1 } && !graphs.IsMasked ? preparedSource!
        : throw new InvalidOperationException("A draft is of one sequence over an image, behind its prompt.");

    private ArrayView<float> Run(Plan plan, DecodingState state, ArrayView<int> ids, ArrayView<float> logits)
    {
        BindSteps(plan, state, ids, logits);
        plan.Run();
        return logits;
    }

    private PlanCache<(int Capacity, int Sources, int SourceTokens)> DraftPlans(ComputeGraph step, int keptPlans)
    {
        var (sources, sourceTokens) = graphs.SourceSizes;
        return new(
            key => Drafter!.Plan(step, ("rows", 1), ("cache_rows", 1), ("capacity", key.Capacity), (sources, key.Sources),
                (sourceTokens, key.SourceTokens)), keptPlans);
    }

    private PlanCache<(int Tokens, int Capacity, int Sources, int SourceTokens)> StepsPlans(int keptPlans)
    {
        var (sources, sourceTokens) = graphs.SourceSizes;
        var steps = executor.Optimize(graphs.Steps());
        return new(
            key => executor.Plan(
                steps, ("rows", 1), ("cache_rows", 1), ("tokens", key.Tokens), ("capacity", key.Capacity), (sources, key.Sources),
                    (sourceTokens, key.SourceTokens)),
            keptPlans);
    }
}
