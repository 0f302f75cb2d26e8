using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

/// <summary>Scores on a device, and the rules of some options over them.</summary>
internal sealed class RuleRun : IDisposable
{
    private readonly Device device;
    private readonly GenerationOptions options;
    private readonly RuleBuffers rules;
    private readonly int vocabulary, rows, length;
    private readonly DeviceBuffer<float> scores, scratch;
    private readonly DeviceBuffer<int> history, lengths, promptLengths, limits;

    public RuleRun(Device device, float[] scores, int vocabulary, int[] history, int length, int prompt, GenerationOptions options,
        SpecialTokens specials)
    {
        (this.device, this.options, this.vocabulary, this.length, rows) = (device, options, vocabulary, length, scores.Length / vocabulary);
        rules = new RuleBuffers(device, options, specials, 64);
        this.scores = device.Upload<float>(scores);
        scratch = device.Allocate<float>(scores.Length);
        this.history = device.Upload<int>(history);
        lengths = device.Upload<int>([.. Enumerable.Repeat(length, rows)]);
        promptLengths = device.Upload<int>([.. Enumerable.Repeat(prompt, rows)]);
        limits = device.Upload<int>([.. Enumerable.Repeat(options.LengthLimit(prompt), rows)]);
    }

    public float[] Apply(int leastTokens = 1)
    {
        if (rules.Any)
        {
            var args = new TokenRulesArgs
            {
                Scores = scores.View,
                History = history.View,
                Lengths = lengths.View,
                PromptLengths = promptLengths.View,
                Limits = limits.View,
                Rows = rows,
                RowsPerImage = 1,
                Vocabulary = vocabulary,
                Capacity = length,
            };
            rules.Describe(ref args);
            TokenRules.Run(device, args);
        }
        SamplingFilters.Run(device, new SamplingFiltersArgs
        {
            Scores = scores.View,
            Scratch = scratch.View,
            Rows = rows,
            Vocabulary = vocabulary,
            Temperature = (float)options.Temperature,
            TopH = (float)(options.TopH ?? 0),
            TopK = options.TopK,
            TopP = (float)options.TopP,
            MinP = (float)(options.MinP ?? 0),
            TypicalP = (float)options.TypicalP,
            EpsilonCutoff = (float)options.EpsilonCutoff,
            EtaCutoff = (float)options.EtaCutoff,
            LeastTokens = leastTokens,
        });
        if (options.RenormalizeLogits)
            LogSoftmax.Run(device, new LogSoftmaxArgs
            {
                Logits = scores.View, Scores = scores.View, Rows = rows, RowsPerSource = 1,
                Vocabulary = vocabulary, Normalize = true
            });
        return scores.ToArray();
    }

    public void Dispose()
    {
        rules.Dispose();
        scores.Dispose();
        scratch.Dispose();
        history.Dispose();
        lengths.Dispose();
        promptLengths.Dispose();
        limits.Dispose();
    }
}
