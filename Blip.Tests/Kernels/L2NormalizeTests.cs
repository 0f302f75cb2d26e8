using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

public class L2NormalizeTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void In_place_gives_the_same_bits(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in NormalizationCases.Small.Concat(NormalizationCases.Beyond).Concat(NormalizationCases.Real))
        {
            using var x = device.Upload<float>(test.Make().X);
            L2Normalize.Run(device, x.View, x.View, test.Rows, test.Width, 1e-12f);
            Assert.Equal(new L2NormalizeOperator(test).Run(device), x.ToArray());
        }
    }
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_of_zeros_stays_zero_and_a_long_row_gets_length_one(string id)
    {
        using var device = Variants.Open(id);
        using var x = device.Upload<float>([0, 0, 0, 0, 3e20f, 0, 0, 4e20f]);
        L2Normalize.Run(device, x.View, x.View, 2, 4, 1e-12f);
        var y = x.ToArray();
        Assert.Equal([0f, 0, 0, 0], y[..4]);
        Assert.Equal(0.6f, y[4], 1e-6f);
        Assert.Equal(0.8f, y[7], 1e-6f);
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gives_the_same_bits_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        var x = new NormalizationCase(37, 251).Make().X;
        using var xs = device.Upload<float>(x);
        using var y = device.Allocate<float>(x.Length);
        L2Normalize.Run(device, xs.View, y.View, 37, 251, 1e-12f);
        var batch = y.ToArray();
        L2Normalize.Run(device, xs.View.SubView(19 * 251, 251), y.View, 1, 251, 1e-12f);
        Assert.Equal(batch[(19 * 251)..(20 * 251)], y.ToArray()[..251]);
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(10);
        Assert.Contains("x holds 10 elements",
            Assert.Throws<ArgumentException>(() => L2Normalize.Run(device, x.View, x.View, 3, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("eps is 0", Assert.Throws<ArgumentException>(() => L2Normalize.Run(device, x.View, x.View, 2, 5, 0)).Message,
            StringComparison.Ordinal);
    }
}
