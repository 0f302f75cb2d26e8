using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Bench.Operators;

/// <summary>The linear layer.</summary>
internal static class GemmBench
{
    public static IEnumerable<KernelCase> Cases(bool odd) => (odd ? GemmCases.All : GemmCases.Real).Concat(GemmCases.Batches).Select(gemm => new KernelCase(
        $"{gemm.Name} [{gemm.Rows}, {gemm.InFeatures} -> {gemm.OutFeatures}]{(gemm.Activation == Activation.None ? "" : $" {gemm.Activation}")}{(gemm.Residual ? " + residual" : "")}{(gemm.Norm ? ", norm" : "")}",
        target => Prepare(target, gemm))
    {
        Precision = Precision(gemm.Format),
        Long = gemm.Flops > 2e9,
        ForGpus = GemmCases.Batches.Contains(gemm),
    });

    /// <summary>What <c>--precision</c> calls a format.</summary>
    public static string Precision(WeightFormat format) => format switch
    {
        WeightFormat.Float32 => "fp32",
        WeightFormat.Float16 => "fp16",
        WeightFormat.BFloat16 => "bf16",
        _ => format.ToString().ToLowerInvariant(),
    };

    private static PreparedCase Prepare(Target target, GemmCase gemm)
    {
        var device = target.Device;
        var inputs = GemmCases.Make(gemm);
        var weights = PackedWeights.Allocate(device, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
        weights.Fill(0, inputs.Weights);
        weights.Upload();
        var kernels = KernelTarget.Of(device);
        var xFormat = gemm.Halves ? Gemm.Rounds(kernels, gemm.Format, gemm.InFeatures) ?? WeightFormat.Float32 : WeightFormat.Float32;
        var yFormat = gemm is { Residual: false, Norm: false } && Gemm.Stores(kernels, gemm.Format, gemm.OutFeatures, xFormat) ? xFormat : WeightFormat.Float32;
        var x = device.Upload<float>(HalfValues.Pack(inputs.X, xFormat));
        var bias = device.Upload<float>(inputs.Bias);
        var residual = device.Upload<float>(inputs.Residual);
        var gamma = device.Upload<float>(inputs.Gamma);
        var beta = device.Upload<float>(inputs.Beta);
        var y = device.Allocate<float>(yFormat.Floats((long)gemm.Rows * gemm.OutFeatures));
        var args = new GemmArgs
        {
            X = x.View,
            XFormat = xFormat,
            Weights = weights,
            Bias = bias.View,
            Residual = residual.View,
            Activation = gemm.Activation,
            Gamma = gamma.View,
            Beta = beta.View,
            Epsilon = GemmInputs.Epsilon,
            Y = y.View,
            YFormat = yFormat,
            Rows = gemm.Rows,
        };
        return new PreparedCase
        {
            // A processor's driver gets the form of GPUs only where it is asked for.
            Run = KernelCase.Finished(device, target.Variant == Target.Groups ? () => GemmShared.Run(device, args) : () => Gemm.Run(device, args)),
            Verify = () => GemmCases.Error(gemm, inputs, HalfValues.Unpack(y.ToArray(), yFormat), GemmCuda.Rounded(device.Architecture, gemm.Format) is not null, yFormat),
            Flops = gemm.Flops,
            Bytes = weights.Bytes + (sizeof(float) * (x.Length + bias.Length + residual.Length + gamma.Length + beta.Length + y.Length)),
            Owned = [weights, x, bias, residual, gamma, beta, y],
        };
    }
}
