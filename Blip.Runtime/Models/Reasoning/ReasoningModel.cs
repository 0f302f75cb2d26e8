using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BLIP_NLVR</c> on a device: whether a sentence is true of two images. Sentences are token ids with [ENC] at position 0, as in the
/// authors' code.
/// </summary>
internal sealed class ReasoningModel : BlipModel
{
    private readonly ReasoningGraphs graphs;
    private readonly PlanCache<TextSizes> judge;
    private readonly TextRunner runner;

    private ReasoningModel(ModelContext context, ReasoningGraphs graphs)
        : base(context, graphs)
    {
        this.graphs = graphs;
        runner = new TextRunner(context, Vision);
        judge = runner.PlansOf(graphs.Judge());
    }

    /// <summary>Loads a checkpoint for reasoning about two images.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape than the config's.</exception>
    public static ReasoningModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(
            new ModelContext(source, BlipHead.VisualReasoning, device, options),
            context => new ReasoningModel(context, new ReasoningGraphs(context.Config)));

    /// <summary>Judges sentences. A sentence's result does not depend on the others.</summary>
    /// <exception cref="ArgumentException">
    /// A sentence is invalid, an image does not exist, or the images belong to another model.
    /// </exception>
    public JudgementLogits[] Judge(
        ImageStates images, IReadOnlyList<int[]> sentences, IReadOnlyList<int> firstOf, IReadOnlyList<int> secondOf) =>
        [.. runner.RunTexts(judge, sentences, images, firstOf, secondOf).Select(row => new JudgementLogits(row[0], row[1]))];

    /// <summary>
    /// Plans the judgement of sentences with recorded outputs; the caller runs, reads and disposes it before the next call.
    /// </summary>
    internal Plan JudgePlan(
        RecordedOutputs watch, ImageStates images, IReadOnlyList<int[]> sentences, IReadOnlyList<int> firstOf,
        IReadOnlyList<int> secondOf) =>
        runner.PlanTexts(graphs.Judge(watch), sentences, images, firstOf, secondOf);
}

/// <summary>The logits of "the sentence is false" and "the sentence is true" for a sentence and two images.</summary>
internal readonly record struct JudgementLogits(float False, float True)
{
    /// <summary>The probability that the sentence is true: the softmax of the two.</summary>
    public double Probability => 1 / (1 + Math.Exp((double)False - True));
}
