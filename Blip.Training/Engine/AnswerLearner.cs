using Blip.Runtime.Imaging;
using Blip.Training.Data;
using Blip.Training.Objectives;

namespace Blip.Training.Engine;

/// <summary>Learns all answers of a question at once, each by its share (the authors' <c>blip_vqa.py</c>).</summary>
internal sealed class AnswerLearner : TaskLearner
{
    public AnswerLearner(LearnerParts parts, ImageProcessing processing)
        : base(parts, processing)
    {
        var options = parts.Options;
        Model = Open(AnswerObjective.Record(parts.Config, parts.OutputMatrix, options.ImageSize, options.LabelSmoothing, Settings));
    }

    /// <inheritdoc/>
    public override TrainedModel Model { get; }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place)
    {
        var questions = parts.Sum(items => items.Count);
        var losses = new Dictionary<string, double>();
        foreach (var (part, items) in parts.Index())
        {
            Draw(place, part);
            var batch = Batch(items);
            Add(losses, Run(
                AnswerObjective.Sizes(batch), Load(items),
                plan => AnswerObjective.Bind(plan, Model.Inputs, batch, questions, Scale.Value)));
        }
        return losses;
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Symbol, int Size)> SmallestBatch(int rows) =>
        AnswerObjective.Sizes(new AnswerBatch(
            [.. Enumerable.Repeat(Tokens("", Parts.Config.Text.EncoderTokenId), rows)],
            [.. Enumerable.Range(0, rows).Select(row => new BatchAnswer(Tokens("", Parts.Config.Text.BosTokenId), row, 1))]));

    private AnswerBatch Batch(IReadOnlyList<LoadedItem> items) => new(
        [.. items.Select(item => Tokens(item.Item.Text, Parts.Config.Text.EncoderTokenId))],
        [.. items.SelectMany((item, question) => item.Item.Answers.Select(answer =>
            new BatchAnswer(Tokens(answer.Text, Parts.Config.Text.BosTokenId), question, answer.Weight)))]);

    private int[] Tokens(string text, int first)
    {
        var ids = Parts.Tokenizer.Encode(text, maxLength: Parts.Options.MaxTokens);
        ids[0] = first;
        return ids;
    }
}
