using Blip.Verification.Operators;

namespace Blip.Verification;

/// <summary>
/// Every operator's cases, with references in double, for tests, benchmarks and the emulator. Operators join by a line here.
/// </summary>
public static class OperatorCatalog
{
    private static readonly Dictionary<string, Lazy<IReadOnlyList<OperatorCase>>> Operators = new()
    {
        ["gemm"] = Listed(() => GemmOperator.Cases),
        ["attention"] = Listed(() => AttentionOperator.Cases),
        ["layernorm"] = Listed(() => LayerNormOperator.Cases),
        ["l2normalize"] = Listed(() => L2NormalizeOperator.Cases),
        ["activations"] = Listed(() => ActivationsOperator.Cases),
        ["elementwise"] = Listed(() => ElementwiseOperator.Cases),
        ["columncopy"] = Listed(() => ColumnCopyOperator.Cases),
        ["tokenembedding"] = Listed(() => TokenEmbeddingOperator.Cases),
        ["selecttoken"] = Listed(() => SelectTokenOperator.Cases),
        ["appendcache"] = Listed(() => AppendCacheOperator.Cases),
        ["patchify"] = Listed(() => PatchifyOperator.Cases),
        ["assembletokens"] = Listed(() => AssembleTokensOperator.Cases),
        ["positioninterpolation"] = Listed(() => PositionInterpolationOperator.Cases),
        ["resampling"] = Listed(() => ResamplingOperator.Cases),
        ["pixelnormalization"] = Listed(() => PixelNormalizationOperator.Cases),
        ["logsoftmax"] = Listed(() => LogSoftmaxOperator.Cases),
        ["tokenrules"] = Listed(() => TokenRulesOperator.Cases),
        ["samplingfilters"] = Listed(() => SamplingFiltersOperator.Cases),
        ["tokenchoice"] = Listed(() => TokenChoiceOperator.Cases),
        ["topcandidates"] = Listed(() => TopCandidatesOperator.Cases),
        ["beamstep"] = Listed(() => BeamStepOperator.Cases),
        ["gemmbackward"] = Listed(() => GemmBackwardOperator.Cases),
        ["gemmweightbackward"] = Listed(() => GemmWeightBackwardOperator.Cases),
        ["attentionbackward"] = Listed(() => AttentionBackwardOperator.Cases),
        ["layernormbackward"] = Listed(() => LayerNormBackwardOperator.Cases),
        ["activationsbackward"] = Listed(() => ActivationsBackwardOperator.Cases),
        ["selecttokenbackward"] = Listed(() => SelectTokenBackwardOperator.Cases),
        ["layernormparameterbackward"] = Listed(() => LayerNormParameterBackwardOperator.Cases),
        ["l2normalizebackward"] = Listed(() => L2NormalizeBackwardOperator.Cases),
        ["tokenembeddingbackward"] = Listed(() => TokenEmbeddingBackwardOperator.Cases),
        ["assembletokensbackward"] = Listed(() => AssembleTokensBackwardOperator.Cases),
        ["positioninterpolationbackward"] = Listed(() => PositionInterpolationBackwardOperator.Cases),
        ["logsoftmaxbackward"] = Listed(() => LogSoftmaxBackwardOperator.Cases),
        ["crossentropy"] = Listed(() => CrossEntropyOperator.Cases),
        ["softtargetcontrast"] = Listed(() => SoftTargetContrastOperator.Cases),
        ["momentumupdate"] = Listed(() => MomentumUpdateOperator.Cases),
        ["dropout"] = Listed(() => DropoutOperator.Cases),
        ["adamw"] = Listed(() => AdamWOperator.Cases),
        ["lowrankmerge"] = Listed(() => LowRankMergeOperator.Cases),
        ["lowrankgradient"] = Listed(() => LowRankGradientOperator.Cases),
        ["gradientnorm"] = Listed(() => GradientNormOperator.Cases),
        ["fill"] = Listed(() => FillOperator.Cases),
        ["attentionrollout"] = Listed(() => AttentionRolloutOperator.Cases),
        ["vectorsearch"] = Listed(() => VectorSearchOperator.Cases),
    };

    /// <summary>The operators' names.</summary>
    public static IReadOnlyCollection<string> Names => Operators.Keys;

    /// <summary>An operator's cases.</summary>
    /// <param name="operator">Its name.</param>
    /// <exception cref="ArgumentException">The operator is unknown.</exception>
    public static IReadOnlyList<OperatorCase> Cases(string @operator) => Operators.TryGetValue(@operator, out var cases)
        ? cases.Value
        : throw new ArgumentException($"'{@operator}' is no operator; there are {string.Join(", ", Names)}.", nameof(@operator));

    private static Lazy<IReadOnlyList<OperatorCase>> Listed(Func<IEnumerable<OperatorCase>> cases) => new(() => [.. cases()]);
}
