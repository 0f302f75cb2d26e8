using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Resizing photographs that lie on the device already.</summary>
internal static class ResamplingBench
{
    public static IEnumerable<KernelBench.Entry> Entries(Device device, Func<string, bool> chosen)
    {
        foreach (var test in ResamplingCases.Photographs.Where(test => chosen(test.ToString())))
        {
            var data = new ResamplingData(device, test);
            yield return new KernelBench.Entry(
                test.ToString(), KernelBench.Variant(device, "simd"), 0, data.Bytes,
                () => Resampling.Run(device, data.Args),
                () => data.Compare().Length == 0 ? 0 : double.PositiveInfinity,
                data.Dispose);
        }
    }
}
