using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class PatchEmbeddingTests
{
    [Theory]
    [InlineData(DType.Float16, "sm_75"), InlineData(DType.Float16, "sm_80"), InlineData(DType.BFloat16, "sm_80")]
    [InlineData(DType.Float16, "sm_90"), InlineData(DType.BFloat16, "sm_90")]
    public void Patches_of_16_bits_are_pixels_rounded(DType format, string architecture)
    {
        var tests = PatchEmbeddingCases.Patches.Where(
            test => test.Height < 100 && Patchify.CanStore(new KernelTarget(80), test.Channels, test.Patch, format)).ToList();
        Assert.Equal(3, tests.Count);
        foreach (var test in tests)
        {
            var pixels = PatchEmbeddingCases.Values(test.Batch * test.Channels * test.Height * test.Width);
            var expected = HalfValues.Pack(
                PatchifyReference.Run(pixels, test.Batch, test.Channels, test.Height, test.Width, test.Patch), format);
            var patches = new float[expected.Length];
            var actual = EmulatedKernels.Run(
                $"{nameof(Patchify)}.RoundedKernel<{PtxKernels.MatrixOf(format)}>", architecture, new(test.Batch * test.Patches, 64),
                    patches,
                pixels, patches, test.Channels, test.Height, test.Width, test.Patch);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), actual.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Patches_of_16_bits_are_refused_where_no_kernel_stores_them()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(3 * 16 * 16);
        var error = Assert.Throws<ArgumentException>(() => Patchify.Run(device, x.View, x.View, 1, 3, 16, 16, 16, DType.Float16));
        Assert.Contains("no kernel here stores 3 channels of 16² so", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_same_grid_gives_the_same_bits(string id)
    {
        using var device = Variants.Open(id);
        var positions = PatchEmbeddingCases.Values(50 * 13);
        Assert.Equal(positions, Interpolate(device, id, new GridCase(7, 7, 7, 7, 13), positions));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Borders_are_repeated(string id)
    {
        using var device = Variants.Open(id);
        var y = Interpolate(device, id, new GridCase(2, 2, 3, 3, 1), [7, 0, 1, 4, 9]);
        var reference = PositionInterpolationReference.Run([7, 0, 1, 4, 9], 2, 2, 3, 3, 1);
        Assert.Equal(3.5, reference[5], 12);
        for (var i = 0; i < y.Length; i++)
            Assert.Equal(reference[i], y[i], 2e-6);
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(48);
        Refused("height is 3", () => Patchify.Run(device, x.View, x.View, 1, 3, 3, 4, 4));
        Refused("pixels holds 48", () => Patchify.Run(device, x.View, x.View, 2, 3, 4, 4, 4));
        Refused("patchEmbeddings holds 48", () => AssembleTokens.Run(device, x.View, x.View, x.View, x.View, 1, 7, 7));
        Refused("y holds 48", () => PositionInterpolation.Run(device, x.View, x.View, 2, 2, 4, 4, 4));
        Refused("newRows is 0", () => PositionInterpolation.Run(device, x.View, x.View, 2, 2, 0, 4, 4));

        static void Refused(string message, Action run) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(run).Message, StringComparison.Ordinal);
    }

    private static float[] Interpolate(Device device, string id, GridCase test, float[] positions) =>
        new PositionInterpolationOperator(test, positions).Run(device);
}
