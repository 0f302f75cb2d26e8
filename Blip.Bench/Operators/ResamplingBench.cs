using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>Photographs that lie on the device already, to the model's input.</summary>
internal static class ResamplingBench
{
    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Std = [0.26862954f, 0.26130258f, 0.27577711f];

    public static IEnumerable<KernelCase> Cases(bool odd) => ResamplingCases.Photographs.Concat(odd ? ResamplingCases.Small : []).Select(test => new KernelCase(
        test.ToString(),
        target =>
        {
            var data = new ResamplingData(target.Device, test);
            return new PreparedCase
            {
                Run = KernelCase.Finished(target.Device, () => Resampling.Run(target.Device, data.Args)),
                Verify = () => PreparedCase.Exact(data.Compare().Length == 0),
                Bytes = data.Bytes,
                Owned = [data],
            };
        })
    {
        Long = test.Width * test.Height > 10_000_000,
    });

    /// <summary>Bytes to normalised floats, at the sizes that photographs are resized to.</summary>
    public static IEnumerable<KernelCase> Normalizations(bool odd) => ResamplingCases.Photographs.Select(test => (Width: test.TargetWidth, Height: test.TargetHeight)).Distinct()
        .Concat(odd ? [(37, 29)] : []).Select(size => new KernelCase($"{size.Width} x {size.Height}", target =>
        {
            var device = target.Device;
            var bytes = new ResamplingCase(size.Width, size.Height, 1, 1).Pixels();
            var pixels = device.Upload<byte>(bytes);
            var table = device.Upload<float>(PixelNormalization.Table(1.0 / 255, Mean, Std));
            var output = device.Allocate<float>(bytes.Length);
            return new PreparedCase
            {
                Run = KernelCase.Finished(device, () => PixelNormalization.Run(device, pixels.View, table.View, output.View, size.Width, size.Height)),
                // Three roundings: of the product and the difference, at most 2 and divided by 0.26, and of the quotient.
                Verify = () => PixelNormalizationReference.Run(bytes, 1.0 / 255, Mean, Std).Zip(output.ToArray(), (expected, actual) => Math.Abs(expected - actual) / 1e-6).Max(),
                Bytes = (sizeof(byte) + sizeof(float)) * (double)bytes.Length,
                Owned = [pixels, table, output],
            };
        }));
}
