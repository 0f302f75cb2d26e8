using Blip.Bench.Measuring;

namespace Blip.Bench.Operators;

/// <summary>Every operator and its cases, which are those of the tests. An operator joins by a line here.</summary>
internal static class KernelCatalog
{
    private static readonly Dictionary<string, Func<bool, IEnumerable<KernelCase>>> Operators = new()
    {
        ["gemm"] = GemmBench.Cases,
        ["attention"] = AttentionBench.Cases,
        ["layernorm"] = NormalizationBench.LayerNorms,
        ["l2normalize"] = NormalizationBench.L2Normalizations,
        ["activations"] = ElementwiseBench.Activations,
        ["elementwise"] = ElementwiseBench.Sums,
        ["tokenembedding"] = EmbeddingBench.TokenEmbeddings,
        ["selecttoken"] = EmbeddingBench.SelectTokens,
        ["appendcache"] = EmbeddingBench.AppendCaches,
        ["patchify"] = PatchEmbeddingBench.Patches,
        ["assembletokens"] = PatchEmbeddingBench.Tokens,
        ["positioninterpolation"] = PatchEmbeddingBench.Positions,
        ["resampling"] = ResamplingBench.Cases,
        ["pixelnormalization"] = ResamplingBench.Normalizations,
        ["logsoftmax"] = SamplingBench.LogSoftmaxes,
        ["tokenrules"] = StepBench.Rules,
        ["samplingfilters"] = SamplingBench.Filters,
        ["tokenchoice"] = SamplingBench.Choices,
        ["topcandidates"] = SamplingBench.TopCandidates,
        ["beamstep"] = StepBench.Beams,
        ["gemmbackward"] = BackwardBench.Gemms,
        ["attentionbackward"] = BackwardBench.Attentions,
        ["layernormbackward"] = BackwardBench.LayerNorms,
        ["activationsbackward"] = BackwardBench.Activations,
        ["selecttokenbackward"] = BackwardBench.SelectTokens,
        ["attentionrollout"] = BackwardBench.Rollouts,
        ["vectorsearch"] = SearchBench.Cases,
    };

    /// <summary>The operators that have a benchmark.</summary>
    public static IReadOnlyCollection<string> Names => Operators.Keys;

    /// <summary>The cases of some operators on a device.</summary>
    /// <param name="operators">Names; none: all.</param>
    /// <param name="target">The device and the form of the kernels.</param>
    /// <param name="filter">What a case's name, its operator's name before it, must hold; in any case.</param>
    /// <param name="odd">With the small and odd cases too, whose times say little.</param>
    /// <param name="isShort">Without the longest ones.</param>
    public static IEnumerable<BenchCase> Cases(IReadOnlyCollection<string> operators, Target target, string filter, bool odd, bool isShort) =>
        from name in operators.Count > 0 ? operators : Names
        from one in Operators[name](odd)
        let work = $"{name} {one.Name}"
        where (!isShort || !one.Long) && (!one.ForGpus || !target.Device.Description.IsProcessor) && work.Contains(filter, StringComparison.OrdinalIgnoreCase)
        select new BenchCase(work, target.Id, () => one.Prepare(target)) { Variant = target.Variant, Precision = one.Precision };
}
