using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>
/// Bits, refusals and NaN of low-rank products. <see cref="OperatorTests"/> holds them to their formulas.
/// </summary>
public class LowRankTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void What_is_no_number_is_handed_on(string id)
    {
        using var device = Variants.Open(id);
        var (gradient, down, up) = (new float[6], new float[2], new float[3]);
        gradient[4] = float.NaN;
        using var g = device.Upload<float>(gradient);
        using var a = device.Upload<float>(down);
        using var b = device.Upload<float>(up);
        using var da = device.Allocate<float>(2);
        using var db = device.Allocate<float>(3);
        LowRankGradient.Run(device, new LowRankGradientArgs
        {
            Gradient = g.View,
            Down = a.View,
            Up = b.View,
            DownGradient = da.View,
            UpGradient = db.View,
            InFeatures = 2,
            OutFeatures = 3,
            Columns = 3,
            Rank = 1,
            Scale = 1,
        });

        // Also times zeros, as B is at first.
        Assert.Equal([0, float.NaN], da.ToArray());
        Assert.Equal([0, float.NaN, 0], db.ToArray());
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void The_sum_has_the_same_bits_with_its_rounding_and_without(string id)
    {
        using var device = Variants.Open(id);
        var test = new LowRankCase(31, 65, 8, 65, 195);

        var plain = new LowRankMergeOperator(test).Run(device);
        Assert.Equal(plain, new LowRankMergeOperator(test with { Format = DType.BFloat16 }).Run(device));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(12);
        using var weights = PackedWeights.Allocate(device, 4, 3, DType.Float32);
        using var turned = PackedWeights.Allocate(device, 3, 4, DType.Float32);
        using var rounded = PackedWeights.Allocate(device, 4, 3, DType.BFloat16);
        var merge = new LowRankMergeArgs
        {
            Base = weights,
            Weights = weights,
            Down = x.View,
            Up = x.View,
            OutFeatures = 2,
            FirstOutput = 2,
            Rank = 4,
        };
        LowRankMerge.Run(device, merge);
        Merged("Base is BFloat16", merge with { Base = rounded });
        Merged("Rounded is Float32", merge with { Rounded = weights });
        Merged("another matrix [3, 4]", merge with { Base = turned });
        Merged("Rank is 0", merge with { Rank = 0 });
        Merged("OutFeatures is 5", merge with { OutFeatures = 5 });
        Merged("FirstOutput is 3", merge with { FirstOutput = 3 });
        Merged("Down holds", merge with { Rank = 5 });
        Merged("Up holds", merge with { Up = x.View.SubView(0, 7) });

        var gradient = new LowRankGradientArgs
        {
            Gradient = x.View,
            Down = x.View,
            Up = x.View,
            DownGradient = x.View,
            UpGradient = x.View,
            InFeatures = 3,
            OutFeatures = 2,
            Columns = 4,
            FirstColumn = 2,
            Rank = 4,
        };
        Made("InFeatures is 0", gradient with { InFeatures = 0 });
        Made("OutFeatures is 0", gradient with { OutFeatures = 0 });
        Made("Rank is 0", gradient with { Rank = 0 });
        Made("Columns is 1", gradient with { Columns = 1 });
        Made("FirstColumn is 3", gradient with { FirstColumn = 3 });
        Made("Gradient holds", gradient with { Gradient = x.View.SubView(0, 11) });
        Made("Down holds", gradient with { Down = default });
        Made("Up holds", gradient with { Up = default });
        Made("DownGradient holds", gradient with { DownGradient = x.View.SubView(0, 11) });
        Made("UpGradient holds", gradient with { UpGradient = x.View.SubView(0, 7) });

        void Merged(string message, LowRankMergeArgs wrong) => Thrown(message, () => LowRankMerge.Run(device, wrong));

        void Made(string message, LowRankGradientArgs wrong) => Thrown(message, () => LowRankGradient.Run(device, wrong));

        static void Thrown(string message, Action run) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(run).Message, StringComparison.Ordinal);
    }
}
