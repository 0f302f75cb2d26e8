using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

public class LayerNormTests
{
    [Fact]
    public void A_warp_per_row_agrees_with_the_formula_in_double()
    {
        foreach (var test in NormalizationCases.Small)
        {
            var inputs = test.Make();
            var (x, residual, gamma, beta) = inputs;
            var y = new float[x.Length];
            var kernel = $"{nameof(LayerNormWarps)}.Kernel<{(test.Width % 4 == 0 ? nameof(AlignedRows) : nameof(AnyRows))}, "
                + $"{nameof(SingleRows)}>";
            var actual = EmulatedKernels.Run(
                kernel, "sm_80", LayerNormWarps.Launch(test.Rows), y, x, residual ?? [], gamma, beta, y, test.Rows, test.Width, test.Eps);
            var (error, where) = LayerNormOperator.Compare(test, inputs, actual);
            Assert.True(error <= 1, $"{test}: {where}");
        }
    }

    [Theory]
    [InlineData(DType.Float16, "sm_75"), InlineData(DType.Float16, "sm_80"), InlineData(DType.BFloat16, "sm_80")]
    [InlineData(DType.Float16, "sm_90"), InlineData(DType.BFloat16, "sm_90")]
    public void Results_of_16_bits_are_those_of_32_rounded(DType format, string architecture)
    {
        foreach (var test in NormalizationCases.Small.Where(test => test.Width % ValueFormats.Unit == 0 && test.Width < 200))
        {
            var (x, residual, gamma, beta) = test.Make();
            foreach (var reader in new[] { nameof(AlignedRows), nameof(AnyRows) })
            {
                var single = Warps(new float[x.Length], nameof(SingleRows));
                var rounded = Warps(new float[x.Length / 2], $"RoundedRows<{PtxKernels.MatrixOf(format)}>");
                Assert.Equal(HalfValues.Pack(single, format).Select(BitConverter.SingleToInt32Bits),
                    rounded.Select(BitConverter.SingleToInt32Bits));

                float[] Warps(float[] y, string writer) => EmulatedKernels.Run(
                    $"{nameof(LayerNormWarps)}.Kernel<{reader}, {writer}>", architecture, LayerNormWarps.Launch(test.Rows), y,
                    x, residual ?? [], gamma, beta, y, test.Rows, test.Width, test.Eps);
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void In_place_gives_the_same_bits(string id)
    {
        using var device = Variants.Open(id);
        var test = new NormalizationCase(5, 99, Residual: true);
        var (x, residual, gamma, beta) = test.Make();
        using var gammas = device.Upload<float>(gamma);
        using var betas = device.Upload<float>(beta);
        var expected = new LayerNormOperator(test).Run(device);
        for (var place = 0; place < 2; place++)
        {
            using var xs = device.Upload<float>(x);
            using var residuals = device.Upload<float>(residual);
            var y = place == 0 ? xs : residuals;
            LayerNorm.Run(device, xs.View, residuals.View, gammas.View, betas.View, y.View, 5, 99, test.Eps);
            Assert.Equal(expected, y.ToArray());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gives_the_same_bits_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        var test = new NormalizationCase(37, 771);
        var inputs = test.Make();
        var batch = new LayerNormOperator(test).Run(device);
        foreach (var row in new[] { 0, 1, 17, 36 })
        {
            var own = inputs with { X = inputs.X[(row * 771)..((row + 1) * 771)] };
            var alone = new LayerNormOperator(test with { Rows = 1 }, own).Run(device);
            Assert.Equal(batch[(row * 771)..((row + 1) * 771)], alone);
        }
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(10);
        void Run(int rows, int width, float eps) => LayerNorm.Run(device, x.View, default, x.View, x.View, x.View, rows, width, eps);
        Assert.Contains("x holds 10 elements", Assert.Throws<ArgumentException>(() => Run(3, 4, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("width is 0", Assert.Throws<ArgumentException>(() => Run(3, 0, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("eps is -1", Assert.Throws<ArgumentException>(() => Run(2, 5, -1)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no kernel here stores rows of 5 so",
            Assert.Throws<ArgumentException>(
                () => LayerNorm.Run(device, x.View, default, x.View, x.View, x.View, 2, 5, 0, DType.Float16)).Message,
            StringComparison.Ordinal);
        Assert.Contains("eps is NaN", Assert.Throws<ArgumentException>(() => Run(2, 5, float.NaN)).Message, StringComparison.Ordinal);
        Run(0, 5, 0);
    }
}
