using Blip.Runtime.Imaging;
using Blip.Training.Data;
using Blip.Training.Objectives;

namespace Blip.Training.Engine;

/// <summary>Learns captions: a prompt, one space, the text (the authors' <c>blip.py</c>).</summary>
internal sealed class CaptionLearner : TaskLearner
{
    private readonly int given;

    public CaptionLearner(LearnerParts parts, ImageProcessing processing)
        : base(parts, processing)
    {
        var options = parts.Options;
        Model = Open(CaptionObjective.Record(parts.Config, parts.OutputMatrix, options.ImageSize, options.LabelSmoothing, Settings));
        given = Prompt.Length == 0 ? 1 : parts.Tokenizer.Encode(Prompt).Length - 1;
    }

    /// <inheritdoc/>
    public override TrainedModel Model { get; }

    private string Prompt => Parts.Options.Prompt.Trim();

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Accumulate(IReadOnlyList<IReadOnlyList<LoadedItem>> parts, StepPlace place)
    {
        var batches = parts.Select(items => new CaptionBatch([.. items.Select(item => Tokens(item.Item.Text))], given)).ToList();
        var learned = Math.Max(1, batches.Sum(batch => batch.Learned));
        var losses = new Dictionary<string, double>();
        foreach (var (part, (items, batch)) in parts.Zip(batches).Index())
        {
            Draw(place, part);
            Add(losses, Run(
                CaptionObjective.Sizes(batch), Load(items),
                plan => CaptionObjective.Bind(plan, Model.Inputs, batch, learned, Scale.Value)));
        }
        return losses;
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Symbol, int Size)> SmallestBatch(int rows) =>
        CaptionObjective.Sizes(new CaptionBatch([.. Enumerable.Repeat(Tokens(""), rows)], given));

    private int[] Tokens(string text)
    {
        var ids = Parts.Tokenizer.Encode(Prompt.Length == 0 ? text : $"{Prompt} {text}", maxLength: Parts.Options.MaxTokens);
        ids[0] = Parts.Config.Text.BosTokenId;
        return ids;
    }
}
