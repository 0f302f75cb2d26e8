using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Tests.Kernels;

public class ActivationsTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Every_activation_agrees_with_double_precision(string variant)
    {
        using var device = Variants.Open(variant);
        var random = new Random(3);
        float[] values =
        [
            .. Enumerable.Range(0, 20_001).Select(_ => ((random.NextSingle() * 2) - 1) * 12), 0, 1e-30f, -1e-30f, 1e30f, -1e12f, 100, -100,
        ];
        using var x = device.Upload<float>(values);
        using var y = device.Allocate<float>(values.Length);
        foreach (var kind in Enum.GetValues<Activation>())
        {
            Activations.Run(device, x.View, y.View, values.Length, kind, Variants.Portable(variant));
            var actual = y.ToArray();
            for (var i = 0; i < values.Length; i++)
            {
                var expected = ActivationsReference.Apply(values[i], kind);
                // Below 0, x/2 · (1 + erf) loses the digits that erf near -1 has no more: a unit of 1, times x.
                var bound = (2.5e-7 * Math.Abs(expected)) + (values[i] < 0 && values[i] > -12.5 ? 1e-7 * Math.Abs(values[i]) : 1e-38);
                Assert.True(Math.Abs(actual[i] - expected) <= bound, $"{kind}({values[i]:R}) = {actual[i]:R}, should be {expected:R}");
            }
        }
    }

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
    public void Sums(string variant)
    {
        using var device = Variants.Open(variant);
        foreach (var count in new[] { 1, 7, 16, 1000, 40_000 })
        {
            float[] left = [.. Enumerable.Range(0, count).Select(i => i * 0.25f)], right = [.. Enumerable.Range(0, count).Select(i => 1f / (i + 1))];
            using var a = device.Upload<float>(left);
            using var b = device.Upload<float>(right);
            Elementwise.Add(device, a.View, b.View, a.View, count, Variants.Portable(variant));
            Assert.Equal([.. left.Zip(right, (l, r) => l + r)], a.ToArray());
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
