using Blip.Runtime.Imaging;
using Blip.Training.Data;
using Blip.Training.Objectives;

namespace Blip.Training.Engine;

/// <summary>Learns whether sentences are true of two images (the authors' <c>blip_nlvr.py</c>).</summary>
internal sealed class ReasoningLearner : TaskLearner
{
    public ReasoningLearner(LearnerParts parts, ImageProcessing processing)
        : base(parts, processing) =>
        Model = Open(ReasoningObjective.Record(parts.Config, parts.Options.ImageSize, parts.Options.LabelSmoothing, Settings));

    /// <inheritdoc/>
    public override TrainedModel Model { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place)
    {
        var sentences = parts.Sum(items => items.Count);
        var losses = new Dictionary<string, double>();
        foreach (var (part, items) in parts.Index())
        {
            Draw(place, part);
            var batch = new ReasoningBatch(
                [.. items.Select(item => Tokens(item.Item.Text))], [.. items.Select(item => item.Item.IsTrue!.Value)]);
            Add(losses, Run(
                ReasoningObjective.Sizes(batch), Images.Load([.. items.Select(item => item.Image), .. items.Select(item => item.Second!)]),
                plan => ReasoningObjective.Bind(plan, Model.Inputs, batch, sentences, Scale.Value)));
        }
        return losses;
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Symbol, int Size)> SmallestBatch(int rows) =>
        ReasoningObjective.Sizes(new ReasoningBatch([.. Enumerable.Repeat(Tokens(""), rows)], new bool[rows]));

    private int[] Tokens(string text)
    {
        var ids = Parts.Tokenizer.Encode(text, maxLength: Parts.Options.MaxTokens);
        ids[0] = Parts.Config.Text.EncoderTokenId;
        return ids;
    }
}
