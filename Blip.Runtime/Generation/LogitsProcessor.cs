using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>Turns logits into scores: log-softmax, rules and sampling filters, in the order of <c>generate()</c>.</summary>
internal sealed class LogitsProcessor(GenerationContext context)
{
    /// <summary>
    /// Queues the scores of a step from logits <c>[sources, vocabulary]</c>: log-probabilities, which beam search sums, or else logits.
    /// </summary>
    public void Score(ArrayView<float> current, int rowsPerSource, bool normalize)
    {
        var softmax = new LogSoftmaxArgs
        {
            Logits = current,
            Scores = context.Workspace.Scores.View,
            LogSums = context.Workspace.LogSums.View,
            Rows = context.State.Rows,
            RowsPerSource = rowsPerSource,
            Vocabulary = context.Decoder.VocabularySize,
            Normalize = normalize,
        };
        using (context.Device.Measure(GenerationContext.Stage, nameof(LogSoftmax)))
            LogSoftmax.Run(context.Device, softmax);
        context.Logits?.Add(context.Device, current, rowsPerSource);
        if (context.Rules.Any)
        {
            var args = new TokenRulesArgs
            {
                Scores = context.Workspace.Scores.View,
                History = context.Workspace.History.View,
                Lengths = context.Workspace.Lengths.View,
                PromptLengths = context.State.PromptLengths.View,
                Limits = context.Workspace.Limits.View,
                Rows = context.State.Rows,
                RowsPerImage = context.State.Beams,
                Vocabulary = context.Decoder.VocabularySize,
                Capacity = context.State.Capacity,
            };
            context.Rules.Describe(ref args);
            using (context.Device.Measure(GenerationContext.Stage, nameof(TokenRules)))
                TokenRules.Run(context.Device, args);
        }
        if (context.Options.DoSample)
        {
            using (context.Device.Measure(GenerationContext.Stage, nameof(SamplingFilters)))
                SamplingFilters.Run(context.Device, FilterArgs());
        }
        if (context.Options.RenormalizeLogits)
        {
            using (context.Device.Measure(GenerationContext.Stage, nameof(LogSoftmax)))
                LogSoftmax.Run(context.Device,
                    softmax with { Logits = context.Workspace.Scores.View, LogSums = default, RowsPerSource = 1, Normalize = true });
        }
        context.Scores?.Add(context.Device, context.Workspace.Scores.View, 1);
    }

    private SamplingFiltersArgs FilterArgs() => new()
    {
        Scores = context.Workspace.Scores.View,
        Scratch = context.Workspace.Scratch.View,
        Rows = context.State.Rows,
        Vocabulary = context.Decoder.VocabularySize,
        Temperature = (float)context.Options.Temperature,
        TopH = (float)(context.Options.TopH ?? 0),
        TopK = context.Options.TopK,
        TopP = (float)context.Options.TopP,
        MinP = (float)(context.Options.MinP ?? 0),
        TypicalP = (float)context.Options.TypicalP,
        EpsilonCutoff = (float)context.Options.EpsilonCutoff,
        EtaCutoff = (float)context.Options.EtaCutoff,
        LeastTokens = context.Options.NumBeams > 1 ? 2 : 1,
    };
}
