using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>The linear layer: every case that is a model's own.</summary>
internal static class GemmBench
{
    public static IEnumerable<KernelBench.Entry> Entries(Device device, Func<string, bool> chosen)
    {
        foreach (var gemm in GemmCases.All.Where(gemm => (gemm.Large || gemm.Name.StartsWith("base", StringComparison.Ordinal)) && chosen(gemm.ToString())))
        {
            yield return Entry(device, gemm, device.Kind == DeviceKind.Cpu ? "simd" : "portable");
        }
    }

    private static KernelBench.Entry Entry(Device device, GemmCase gemm, string variant)
    {
        var inputs = GemmCases.Make(gemm);
        var weights = PackedWeights.Allocate(device, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
        weights.Fill(0, inputs.Weights);
        weights.Upload();
        var x = device.Upload<float>(inputs.X);
        var bias = device.Upload<float>(inputs.Bias);
        var residual = device.Upload<float>(inputs.Residual);
        var y = device.Allocate<float>((long)gemm.Rows * gemm.OutFeatures);
        var args = new GemmArgs
        {
            X = x.View,
            Weights = weights,
            Bias = bias.View,
            Residual = residual.View,
            Activation = gemm.Activation,
            Y = y.View,
            Rows = gemm.Rows,
        };
        var bytes = weights.Bytes + (sizeof(float) * ((x.Length + residual.Length + y.Length)));
        return new KernelBench.Entry(
            gemm.ToString(), variant, gemm.Flops, bytes,
            () => Gemm.Run(device, args),
            () => GemmCases.Error(gemm, inputs, y.ToArray()),
            () =>
            {
                foreach (IDisposable owned in new IDisposable[] { weights, x, bias, residual, y })
                    owned.Dispose();
            });
    }
}
