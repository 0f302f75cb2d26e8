using Blip.Bench.Measuring;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Bench.Operators;

/// <summary>Patches, tokens and positions of the vision tower.</summary>
internal static class PatchEmbeddingBench
{
    // Sixteen products and their sums.
    private const double InterpolationFlops = 32;

    public static IEnumerable<KernelCase> Patches(bool odd) => Tests(odd).Concat(odd ? PatchEmbeddingCases.Rounded : []).Select(test => new KernelCase(
        $"{test.Batch} x {test.Channels} x {test.Height} x {test.Width} by {test.Patch}",
        target =>
        {
            var device = target.Device;
            var values = PatchEmbeddingCases.Values(test.Batch * test.Channels * test.Height * test.Width);
            var format = Patchify.Stores(KernelTarget.Of(device), test.Channels, test.Patch, test.Format) ? test.Format : WeightFormat.Float32;
            var pixels = device.Upload<float>(values);
            var patches = device.Allocate<float>(format.Floats(test.Batch * test.Patches * test.Channels * test.Patch * test.Patch));
            return new PreparedCase
            {
                Run = KernelCase.Finished(
                    device, () => Patchify.Run(device, pixels.View, patches.View, test.Batch, test.Channels, test.Height, test.Width, test.Patch, format)),
                Verify = () => PreparedCase.Exact(
                    HalfValues.Unpack(HalfValues.Pack(PatchifyReference.Run(values, test.Batch, test.Channels, test.Height, test.Width, test.Patch), format), format),
                    HalfValues.Unpack(patches.ToArray(), format)),
                Bytes = sizeof(float) * (test.Batch * test.Patches * test.Channels * test.Patch * test.Patch + (double)patches.Length),
                Owned = [pixels, patches],
            };
        })
    {
        Precision = GemmBench.Precision(test.Format),
    });

    public static IEnumerable<KernelCase> Tokens(bool odd) => Tests(odd).Select(test => new KernelCase(
        $"{test.Batch} x {test.Patches + 1} tokens of {test.Hidden}",
        target =>
        {
            var device = target.Device;
            var embeddings = PatchEmbeddingCases.Values(test.Batch * test.Patches * test.Hidden);
            var first = PatchEmbeddingCases.Values(test.Hidden);
            var learned = PatchEmbeddingCases.Values((test.Patches + 1) * test.Hidden);
            var patches = device.Upload<float>(embeddings);
            var classEmbedding = device.Upload<float>(first);
            var positions = device.Upload<float>(learned);
            var y = device.Allocate<float>(test.Batch * (test.Patches + 1) * test.Hidden);
            return new PreparedCase
            {
                Run = KernelCase.Finished(
                    device, () => AssembleTokens.Run(device, patches.View, classEmbedding.View, positions.View, y.View, test.Batch, test.Patches, test.Hidden)),
                Verify = () => PreparedCase.Exact(AssembleTokensReference.Run(embeddings, first, learned, test.Batch, test.Patches, test.Hidden), y.ToArray()),
                Flops = y.Length,
                Bytes = sizeof(float) * ((2.0 * y.Length) + positions.Length),
                Owned = [patches, classEmbedding, positions, y],
            };
        }));

    public static IEnumerable<KernelCase> Positions(bool odd) => (odd ? PatchEmbeddingCases.Grids : PatchEmbeddingCases.RealGrids).Select(test => new KernelCase(
        $"{test.Rows} x {test.Columns} to {test.NewRows} x {test.NewColumns} of {test.Hidden}",
        target =>
        {
            var device = target.Device;
            var learned = PatchEmbeddingCases.Values((1 + (test.Rows * test.Columns)) * test.Hidden);
            var positions = device.Upload<float>(learned);
            var y = device.Allocate<float>((1 + (test.NewRows * test.NewColumns)) * test.Hidden);
            return new PreparedCase
            {
                Run = KernelCase.Finished(
                    device, () => PositionInterpolation.Run(device, positions.View, y.View, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden)),
                Verify = () => test.Error(learned, y.ToArray()).Error,
                Flops = InterpolationFlops * y.Length,
                Bytes = sizeof(float) * ((double)positions.Length + y.Length),
                Owned = [positions, y],
            };
        }));

    private static IEnumerable<PatchCase> Tests(bool odd) => odd ? PatchEmbeddingCases.Patches : PatchEmbeddingCases.RealPatches;
}
