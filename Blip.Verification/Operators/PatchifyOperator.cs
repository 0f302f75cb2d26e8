using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Verification.Operators;

/// <summary>Patches in the order of a convolution's weights.</summary>
internal sealed class PatchifyOperator(PatchCase test)
    : OperatorCase("patchify", $"{test.Batch} x {test.Channels} x {test.Height} x {test.Width} by {test.Patch}", test.Format)
{
    public static IEnumerable<OperatorCase> Cases =>
    [
        .. PatchEmbeddingCases.Patches.Select(test => new PatchifyOperator(test)),
        .. PatchEmbeddingCases.RealPatches.Select(test => new PatchifyOperator(test) { Size = CaseSize.Real }),
        .. PatchEmbeddingCases.Rounded.Select(test => new PatchifyOperator(test)),
    ];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var device = buffers.Device;
        var values = PatchEmbeddingCases.Values(test.Batch * test.Channels * test.Height * test.Width);
        var elements = test.Batch * test.Patches * test.Channels * test.Patch * test.Patch;
        var format = Patchify.CanStore(KernelTarget.Of(device), test.Channels, test.Patch, test.Format) ? test.Format : DType.Float32;
        var pixels = buffers.Upload(values);
        var patches = buffers.Allocate<float>(format.Floats(elements));
        return new PreparedOperator(buffers)
        {
            Run = form => Patchify.Run(
                device, pixels.View, patches.View, test.Batch, test.Channels, test.Height, test.Width, test.Patch, format),
            Output = () => HalfValues.Unpack(patches.ToArray(), format),
            Compare = () =>
            {
                var expected = PatchifyReference.Run(values, test.Batch, test.Channels, test.Height, test.Width, test.Patch);
                var stored = HalfValues.Unpack(HalfValues.Pack(expected, format), format);
                return Agreement.Exact(stored, HalfValues.Unpack(patches.ToArray(), format));
            },
            Bytes = sizeof(float) * (elements + (double)patches.Length),
        };
    }
}
