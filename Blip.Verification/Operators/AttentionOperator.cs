using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary><see cref="AttentionData.Compare()"/> derives the bound.</summary>
internal sealed class AttentionOperator(AttentionCase test) : OperatorCase("attention", NameOf(test), test.Precision)
{
    private const double Long = 2e9;

    // The portable kernel takes seconds for more on a processor's OpenCL driver.
    private const double MostOnOpenCl = 1.1e9;

    public static IEnumerable<OperatorCase> Small => AttentionCases.Small.Select(test => new AttentionOperator(test));

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. AttentionCases.Real.Select(test => new AttentionOperator(test) { Size = CaseSize.Real }),
        .. Small,
        .. AttentionCases.Rounded.Select(test => new AttentionOperator(test) { IsRounded = true }),
    ];

    /// <summary>Whether tensor cores round it. Other devices would repeat another case.</summary>
    public bool IsRounded { get; init; }

    /// <inheritdoc/>
    public override TestedOn TestedOn =>
        IsRounded ? TestedOn.Cuda
        : Size == CaseSize.Small ? TestedOn.Every
        : test.Flops < MostOnOpenCl ? TestedOn.Processors : TestedOn.Cpu;

    /// <inheritdoc/>
    public override bool IsLong => test.Flops > Long;

    /// <inheritdoc/>
    public override double Operations => test.Flops;

    /// <summary>None for keys from a cache by position, or where one key takes all.</summary>
    public override IEnumerable<GradientCase> Gradients =>
        test.KeyRows != KeyRows.Shuffled && test.Spread < 1e3
            ? [new AttentionBackwardOperator(
                test with { Probabilities = false, Precision = DType.Float32, Halves = false }) { Size = Size }]
            : [];

    public static string NameOf(AttentionCase test) =>
        $"{test.Name} {test.Rows} x [{test.QueryTokens}, {test.KeyTokens}] x {test.Heads} heads of {test.HeadDim}";

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var data = buffers.Own(new AttentionData(buffers.Device, test));
        var keys = 2.0 * (test.KeyRows == KeyRows.Shared ? (test.Rows + 2) / 3 : test.Rows) * test.KeyTokens;
        var (read, written) = ((double)data.Args.InputFormat.Bytes(), (double)data.Args.OutputFormat.Bytes());
        return new PreparedOperator(buffers)
        {
            Run = form => Attention.Run(buffers.Device, data.Args),
            Output = () => data.Output.ToArray(),
            Compare = data.Compare,
            Bytes = test.Heads * test.HeadDim
                * ((read * ((test.Rows * test.QueryTokens) + keys)) + (written * test.Rows * test.QueryTokens)),
        };
    }
}
