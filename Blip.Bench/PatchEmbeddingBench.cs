using Blip.Kernels;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>Patches, tokens and positions of the vision tower: every case that is a model's own.</summary>
internal static class PatchEmbeddingBench
{
    public static IEnumerable<KernelBench.Entry> Patches(Device device, Func<string, bool> chosen)
    {
        foreach (var test in PatchEmbeddingCases.RealPatches.Where(test => chosen(test.ToString())))
        {
            var values = PatchEmbeddingCases.Values(test.Batch * test.Channels * test.Height * test.Width);
            var pixels = device.Upload<float>(values);
            var patches = device.Allocate<float>(test.Batch * test.Patches * test.Channels * test.Patch * test.Patch);
            yield return new KernelBench.Entry(
                $"{test.Batch} x {test.Height} x {test.Width} by {test.Patch}", KernelBench.Variant(device, "cpu"), 0, 2.0 * sizeof(float) * patches.Length,
                () => Patchify.Run(device, pixels.View, patches.View, test.Batch, test.Channels, test.Height, test.Width, test.Patch),
                () => KernelBench.Exact(PatchifyReference.Run(values, test.Batch, test.Channels, test.Height, test.Width, test.Patch), patches.ToArray()),
                () => KernelBench.Dispose(pixels, patches));
        }
    }

    public static IEnumerable<KernelBench.Entry> Tokens(Device device, Func<string, bool> chosen)
    {
        foreach (var test in PatchEmbeddingCases.RealPatches.Where(test => chosen(test.ToString())))
        {
            var embeddings = PatchEmbeddingCases.Values(test.Batch * test.Patches * test.Hidden);
            var first = PatchEmbeddingCases.Values(test.Hidden);
            var learned = PatchEmbeddingCases.Values((test.Patches + 1) * test.Hidden);
            var patches = device.Upload<float>(embeddings);
            var classEmbedding = device.Upload<float>(first);
            var positions = device.Upload<float>(learned);
            var y = device.Allocate<float>(test.Batch * (test.Patches + 1) * test.Hidden);
            yield return new KernelBench.Entry(
                $"{test.Batch} x {test.Patches + 1} tokens of {test.Hidden}", KernelBench.Variant(device, "cpu"), y.Length,
                sizeof(float) * ((2.0 * y.Length) + positions.Length),
                () => AssembleTokens.Run(device, patches.View, classEmbedding.View, positions.View, y.View, test.Batch, test.Patches, test.Hidden),
                () => KernelBench.Exact(AssembleTokensReference.Run(embeddings, first, learned, test.Batch, test.Patches, test.Hidden), y.ToArray()),
                () => KernelBench.Dispose(patches, classEmbedding, positions, y));
        }
    }

    public static IEnumerable<KernelBench.Entry> Positions(Device device, Func<string, bool> chosen)
    {
        // Sixteen products and their sums.
        const double FlopsPerElement = 32;
        foreach (var test in PatchEmbeddingCases.RealGrids.Where(test => chosen(test.ToString())))
        {
            var learned = PatchEmbeddingCases.Values((1 + (test.Rows * test.Columns)) * test.Hidden);
            var positions = device.Upload<float>(learned);
            var y = device.Allocate<float>((1 + (test.NewRows * test.NewColumns)) * test.Hidden);
            yield return new KernelBench.Entry(
                $"{test.Rows} x {test.Columns} to {test.NewRows} x {test.NewColumns} of {test.Hidden}", KernelBench.Variant(device, "cpu"),
                FlopsPerElement * y.Length, sizeof(float) * ((double)positions.Length + y.Length),
                () => PositionInterpolation.Run(device, positions.View, y.View, test.Rows, test.Columns, test.NewRows, test.NewColumns, test.Hidden),
                () => test.Error(learned, y.ToArray()).Error,
                () => KernelBench.Dispose(positions, y));
        }
    }
}
