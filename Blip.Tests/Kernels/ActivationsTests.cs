using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

public class ActivationsTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void An_element_gets_the_same_bits_wherever_it_lies(string variant)
    {
        using var device = Variants.Open(variant);
        using var x = device.Allocate<float>(37);
        using var y = device.Allocate<float>(37);
        foreach (var kind in Enum.GetValues<Activation>())
        {
            x.CopyFrom([.. Enumerable.Repeat(-0.7318f, 37)]);
            Activations.Run(device, x.View, y.View, 37, kind, Variants.Portable(variant));
            Assert.Single(y.ToArray().Distinct());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void In_place_and_no_further_than_count(string variant)
    {
        using var device = Variants.Open(variant);
        using var x = device.Upload<float>([.. Enumerable.Repeat(-1f, 70)]);
        Activations.Run(device, x.View, x.View, 67, Activation.Relu, Variants.Portable(variant));
        Assert.Equal([.. Enumerable.Repeat(0f, 67), -1, -1, -1], x.ToArray());
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_sum_may_be_written_over_a_term(string variant)
    {
        using var device = Variants.Open(variant);
        foreach (var count in ElementwiseCases.Sums.Concat(ElementwiseCases.RealSums))
        {
            var (left, right) = ElementwiseCases.Terms(count);
            using var a = device.Upload<float>(left);
            using var b = device.Upload<float>(right);
            Elementwise.Add(device, a.View, b.View, a.View, count, Variants.Portable(variant));
            Assert.Equal(new ElementwiseOperator(count).Run(device, Variants.Form(variant)), a.ToArray());
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(4);
        Assert.Throws<ArgumentException>(() => Activations.Run(device, x.View, x.View, 5, Activation.Gelu));
        Assert.Throws<ArgumentException>(() => Activations.Run(device, x.View, x.View, -1, Activation.Gelu));
        Assert.Throws<ArgumentException>(() => Activations.Run(device, x.View, x.View, 4, (Activation)6));
        Assert.Throws<ArgumentException>(() => Elementwise.Add(device, x.View, x.View, x.View, 5));
    }
}
