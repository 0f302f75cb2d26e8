using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>From logits to the scores that tokens are chosen by: log-softmax, the rules, the filters of sampling, in the order of <c>generate()</c>.</summary>
internal sealed class LogitsProcessor(GenerationContext context)
{
    /// <summary>Queues the scores of a step.</summary>
    /// <param name="current">Logits <c>[sources, vocabulary]</c>.</param>
    /// <param name="rowsPerSource">Rows that read one source.</param>
    /// <param name="normalize">Whether scores are log-probabilities, as beam search adds them up; false keeps the logits.</param>
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
                LogSoftmax.Run(context.Device, softmax with { Logits = context.Workspace.Scores.View, LogSums = default, RowsPerSource = 1, Normalize = true });
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
