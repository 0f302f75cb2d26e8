using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Models;

/// <summary>
/// <c>BLIP_NLVR</c> on a device: whether a sentence is true of two images. Sentences are token ids with [ENC] at position 0, as the
/// authors' code has it.
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
    /// <param name="source">Config and tensors.</param>
    /// <param name="device">Where it is to run; it stays the caller's.</param>
    /// <param name="options">Precision and passes; null for the defaults.</param>
    /// <exception cref="CheckpointException">A tensor is missing, or has another shape than the config asks for.</exception>
    public static ReasoningModel Load(ModelSource source, Device device, ModelOptions? options = null) =>
        Load(
            new ModelContext(source, BlipHead.VisualReasoning, device, options),
            context => new ReasoningModel(context, new ReasoningGraphs(context.Config)));

    /// <summary>Judges sentences. A sentence's answer is the one that it has alone.</summary>
    /// <param name="images">The images.</param>
    /// <param name="sentences">Token ids of each sentence; lengths may differ.</param>
    /// <param name="firstOf">The first image of each sentence.</param>
    /// <param name="secondOf">The second one.</param>
    /// <returns>An answer for each sentence.</returns>
    /// <exception cref="ArgumentException">A sentence cannot be read, an image is not there, or the images are another model's.</exception>
    public JudgementLogits[] Judge(
        ImageStates images, IReadOnlyList<int[]> sentences, IReadOnlyList<int> firstOf, IReadOnlyList<int> secondOf) =>
        [.. runner.RunTexts(judge, sentences, images, firstOf, secondOf).Select(row => new JudgementLogits(row[0], row[1]))];

    /// <summary>
    /// Plans the judgement of sentences with what is watched; the caller runs it, reads the outputs and disposes it before the next call.
    /// </summary>
    internal Plan JudgePlan(
        RecordedOutputs watch, ImageStates images, IReadOnlyList<int[]> sentences, IReadOnlyList<int> firstOf,
        IReadOnlyList<int> secondOf) =>
        runner.PlanTexts(graphs.Judge(watch), sentences, images, firstOf, secondOf);
}

/// <summary>What the head says of a sentence and two images.</summary>
/// <param name="False">The logit of "the sentence is false".</param>
/// <param name="True">The logit of "the sentence is true".</param>
internal readonly record struct JudgementLogits(float False, float True)
{
    /// <summary>How likely the sentence is true, 0 to 1: the softmax of the two.</summary>
    public double Probability => 1 / (1 + Math.Exp((double)False - True));
}
