using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>Bits and refusals of losses, and rows that do not count. <see cref="OperatorTests"/> holds them to their formulas.</summary>
public class LossTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_rows_loss_and_gradient_have_the_same_bits_alone_and_in_place(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in LossCases.CrossEntropies)
        {
            var expected = new CrossEntropyOperator(test with { InPlace = false }).Run(device);
            Assert.Equal(expected, new CrossEntropyOperator(test with { InPlace = true }).Run(device));
            var (logits, labels, weights) = test.Make();
            var last = test.Rows - 1;
            var (loss, gradient) = Run(device, logits[(last * test.Classes)..], labels[last..], weights[last..], test.Smoothing);
            Assert.Equal(expected[last], Assert.Single(loss));
            Assert.Equal(expected[^test.Classes..], gradient);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_that_does_not_count_is_exactly_zero_and_a_label_that_is_no_class_is_told(string id)
    {
        using var device = Variants.Open(id);
        float[] logits = [float.NaN, 1, 2, float.PositiveInfinity, 1, 2, 3, 4, 5, 3, 4, 5];
        var (losses, gradient) = Run(device, logits, [-100, 7, 3, -1], [0, 0, 1, 1], 0.1f);

        Assert.Equal([0, 0, float.NaN, float.NaN], losses);
        Assert.All(gradient[..6], value => Assert.Equal(0, value));
        Assert.All(gradient[6..], value => Assert.True(float.IsNaN(value)));
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void What_is_no_number_is_not_hidden(string id)
    {
        using var device = Variants.Open(id);
        foreach (var broken in (float[])[float.NaN, float.PositiveInfinity])
        {
            var logits = BackwardCases.Gradient(3 * 200);
            logits[200 + 77] = broken;
            var (losses, gradient) = Run(device, logits, [3, 4, 5], [1, 1, 1], 0);

            Assert.Equal([false, true, false], losses.Select(float.IsNaN));
            for (var i = 0; i < gradient.Length; i++)
                Assert.True(float.IsNaN(gradient[i]) == (i / 200 == 1), $"element {i} on {id}");
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Losses_alone_are_the_same(string id)
    {
        using var device = Variants.Open(id);
        var (logits, labels, weights) = new CrossEntropyCase(7, 130, 0.1f).Make();
        using var x = device.Upload<float>(logits);
        using var label = device.Upload<int>(labels);
        using var weight = device.Upload<float>(weights);
        using var losses = device.Allocate<float>(labels.Length);
        CrossEntropy.Run(device, new CrossEntropyArgs
        {
            Logits = x.View,
            Labels = label.View,
            RowWeights = weight.View,
            Losses = losses.View,
            Rows = labels.Length,
            Classes = 130,
            LabelSmoothing = 0.1f,
        });

        Assert.Equal(Run(device, logits, labels, weights, 0.1f).Losses, losses.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(10);
        using var labels = device.Allocate<int>(2);
        var args = new CrossEntropyArgs { Logits = x.View, Labels = labels.View, Losses = x.View, Rows = 2, Classes = 5 };
        Refused("Classes is 0", args with { Classes = 0 });
        Refused("Logits holds", args with { Classes = 6 });
        Refused("Labels holds", args with { Labels = default });
        Refused("RowWeights holds", args with { RowWeights = x.View.SubView(0, 1) });
        Refused("Losses holds", args with { Losses = default });
        Refused("Gradient holds", args with { Gradient = x.View.SubView(0, 9) });
        Refused("LabelSmoothing is 1.5", args with { LabelSmoothing = 1.5f });
        Refused("LabelSmoothing is NaN", args with { LabelSmoothing = float.NaN });

        void Refused(string message, CrossEntropyArgs wrong) => Assert.Contains(
            message, Assert.ThrowsAny<ArgumentException>(() => CrossEntropy.Run(device, wrong)).Message, StringComparison.Ordinal);
    }

    private static (float[] Losses, float[] Gradient) Run(Device device, float[] logits, int[] labels, float[] weights, float smoothing)
    {
        using var x = device.Upload<float>(logits);
        using var label = device.Upload<int>(labels);
        using var weight = device.Upload<float>(weights);
        using var losses = device.Allocate<float>(labels.Length);
        using var gradient = device.Allocate<float>(logits.Length);
        CrossEntropy.Run(device, new CrossEntropyArgs
        {
            Logits = x.View,
            Labels = label.View,
            RowWeights = weight.View,
            Losses = losses.View,
            Gradient = gradient.View,
            Rows = labels.Length,
            Classes = logits.Length / labels.Length,
            LabelSmoothing = smoothing,
        });
        return (losses.ToArray(), gradient.ToArray());
    }
}
