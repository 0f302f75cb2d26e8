using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Verification.Operators;

/// <summary><see cref="GemmCases.Error"/> derives the bound.</summary>
internal sealed class GemmOperator(GemmCase test, GemmInputs? given = null) : OperatorCase("gemm", NameOf(test), test.Format)
{
    private const double Long = 2e9;

    public static IEnumerable<OperatorCase> Cases =>
        from test in GemmCases.All.Concat(GemmCases.Batches)
        select new GemmOperator(test) { Size = IsReal(test) ? CaseSize.Real : CaseSize.Small };

    /// <inheritdoc/>
    public override TestedOn TestedOn => IsForGpus ? TestedOn.None : test.Large ? TestedOn.Processors : TestedOn.Every;

    /// <inheritdoc/>
    public override bool IsLong => test.Flops > Long;

    /// <inheritdoc/>
    public override bool IsForGpus => GemmCases.Batches.Contains(test);

    /// <inheritdoc/>
    public override double Operations => test.Flops;

    /// <summary>The product's gradients. Other operators compute the epilogue's.</summary>
    public override IEnumerable<GradientCase> Gradients
    {
        get
        {
            var size = test.Large ? CaseSize.Large : CaseSize.Small;
            var product = test with { Activation = Activation.None, Residual = false, Bias = false, Norm = false, Halves = false };
            yield return new GemmBackwardOperator(product) { Size = size };
            var weights = new WeightGradientCase(test.Name, 1, test.Rows, test.InFeatures, test.OutFeatures) { Spread = test.Spread };
            yield return new GemmWeightBackwardOperator(weights) { Size = size };
        }
    }

    /// <summary>Uploads inputs and allocates outputs.</summary>
    public static (GemmArgs Args, DeviceBuffer<float> Y) Upload(OperatorBuffers buffers, GemmCase test, GemmInputs inputs)
    {
        var target = KernelTarget.Of(buffers.Device);
        var xFormat = test.Halves ? Gemm.InputFormat(target, test.Format, test.InFeatures) ?? DType.Float32 : DType.Float32;
        var isStored = test is { Residual: false, Norm: false } && Gemm.CanStore(target, test.Format, test.OutFeatures, xFormat);
        var yFormat = isStored ? xFormat : DType.Float32;
        var y = buffers.Allocate<float>(yFormat.Floats((long)test.Rows * test.OutFeatures));
        var args = new GemmArgs
        {
            X = buffers.Upload(HalfValues.Pack(inputs.X, xFormat)).View,
            XFormat = xFormat,
            Weights = buffers.Own(Pack(buffers.Device, test, inputs.Weights)),
            Bias = buffers.Upload(inputs.Bias).View,
            Residual = buffers.Upload(inputs.Residual).View,
            Activation = test.Activation,
            Gamma = buffers.Upload(inputs.Gamma).View,
            Beta = buffers.Upload(inputs.Beta).View,
            Epsilon = GemmInputs.Epsilon,
            Y = y.View,
            YFormat = yFormat,
            Rows = test.Rows,
        };
        return (args, y);
    }

    /// <summary>Uploads packed weights, from [out, in].</summary>
    public static PackedWeights Pack(Device device, GemmCase test, float[] rows)
    {
        var weights = PackedWeights.Allocate(device, test.OutFeatures, test.InFeatures, test.Format);
        weights.Fill(0, rows);
        weights.Upload();
        return weights;
    }

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var inputs = given ?? GemmCases.Make(test);
        var (args, y) = Upload(buffers, test, inputs);
        var rounds = Gemm.Rounded(buffers.Device, test.Format) is not null;
        return new PreparedOperator(buffers)
        {
            Run = form => Run(buffers.Device, args, form),
            Output = Output,
            Compare = () => new(GemmCases.Error(test, inputs, Output(), rounds, args.YFormat), $"{test}"),
            Bytes = args.Weights.Bytes
                + (sizeof(float) * (args.X.Length + args.Bias.Length + args.Residual.Length + args.Gamma.Length + args.Beta.Length))
                + (sizeof(float) * args.Y.Length),
        };

        float[] Output() => HalfValues.Unpack(y.ToArray(), args.YFormat);
    }

    // A processor's driver runs the GPU kernels only on request.
    private static void Run(Device device, in GemmArgs args, KernelForm form)
    {
        if (form == KernelForm.Groups)
            GemmShared.Run(device, RoundInputs.Run(device, args));
        else
            Gemm.Run(device, args);
    }

    private static bool IsReal(GemmCase test) => test.Large || test.Name.StartsWith("base", StringComparison.Ordinal);

    private static string NameOf(GemmCase test) =>
        $"{test.Name} [{test.Rows}, {test.InFeatures} -> {test.OutFeatures}]"
        + $"{(test.Activation == Activation.None ? "" : $" {test.Activation}")}"
        + $"{(test.Residual ? " + residual" : "")}{(test.Norm ? ", norm" : "")}";
}
