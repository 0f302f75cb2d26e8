using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Attention: every case that is a model's own.</summary>
internal static class AttentionBench
{
    public static IEnumerable<KernelBench.Entry> Entries(Device device, Func<string, bool> chosen)
    {
        foreach (var test in AttentionCases.Real.Where(test => chosen(test.Name)))
        {
            var data = new AttentionData(device, test);
            var args = data.Args;
            var keys = 2.0 * (test.KeyRows == KeyRows.Shared ? (test.Rows + 2) / 3 : test.Rows) * test.KeyTokens;
            var bytes = sizeof(float) * test.Heads * test.HeadDim * ((2.0 * test.Rows * test.QueryTokens) + keys);
            yield return new KernelBench.Entry(
                test.Name, Variant(device), test.Flops, bytes, () => Attention.Run(device, args), () => data.Compare().Error, data.Dispose);
        }
    }

    private static string Variant(Device device) => device.Kind == DeviceKind.Cpu ? "simd" : device.GroupSize == 1 ? "tiled" : "portable";
}
