using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

public class ActivationsTests
{
    // A member that is missing in a table would be another function, within every bound where the two are near each other.
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Each_activation_and_each_derivative_is_its_own_function(string variant)
    {
        using var device = Variants.Open(variant);
        using var x = device.Upload<float>(Points);
        using var y = device.Allocate<float>(Points.Length);
        using var ones = device.Upload<float>([.. Points.Select(_ => 1f)]);
        foreach (var kind in Enum.GetValues<Activation>())
        {
            Activations.Run(device, x.View, y.View, Points.Length, kind);
            IsOwn(kind, Points, y.ToArray(), ActivationsReference.Apply, variant);
            ActivationsBackward.Run(device, x.View, ones.View, y.View, Points.Length, kind);
            IsOwn(kind, Points, y.ToArray(), ActivationsBackwardReference.Derivative, variant);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Each_activation_is_its_own_function_in_the_epilogue_of_a_product(string variant)
    {
        using var device = Variants.Open(variant);
        foreach (var rows in new[] { 1, 9 })
            EpiloguesAreOwn(device, rows, (Device on, in GemmArgs args) => Gemm.Run(on, args), variant);
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
            Activations.Run(device, x.View, y.View, 37, kind);
            Assert.Single(y.ToArray().Distinct());
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void In_place_and_no_further_than_count(string variant)
    {
        using var device = Variants.Open(variant);
        using var x = device.Upload<float>([.. Enumerable.Repeat(-1f, 70)]);
        Activations.Run(device, x.View, x.View, 67, Activation.Relu);
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
            Elementwise.Add(device, a.View, b.View, a.View, count);
            Assert.Equal(new ElementwiseOperator(count).Run(device), a.ToArray());
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(4);
        Assert.Throws<ArgumentException>(() => Activations.Run(device, x.View, x.View, 5, Activation.Gelu));
        Assert.Throws<ArgumentException>(() => Activations.Run(device, x.View, x.View, -1, Activation.Gelu));
        Assert.Throws<ArgumentException>(() => Elementwise.Add(device, x.View, x.View, x.View, 5));
    }

    [Fact]
    public void What_is_no_activation_is_refused_at_every_door()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(4);
        using var weights = PackedWeights.Allocate(device, 2, 2, DType.Float32);
        var gemm = new GemmArgs { X = x.View, Weights = weights, Y = x.View, Rows = 2 };
        foreach (var kind in new[] { (Activation)(-1), (Activation)Enum.GetValues<Activation>().Length, (Activation)99 })
        {
            Refused(kind, () => Activations.Run(device, x.View, x.View, 4, kind));
            Refused(kind, () => ActivationsBackward.Run(device, x.View, x.View, x.View, 4, kind));
            Refused(kind, () => Gemm.Run(device, gemm with { Activation = kind }));
            Assert.Throws<ArgumentOutOfRangeException>(() => ActivationsReference.Apply(1, kind));
            Assert.Throws<ArgumentOutOfRangeException>(() => ActivationsBackwardReference.Derivative(1, kind));
        }

        static void Refused(Activation kind, Action run)
        {
            var message = Assert.Throws<ArgumentOutOfRangeException>(run).Message;
            Assert.StartsWith($"{(int)kind} is not an activation", message, StringComparison.Ordinal);
        }
    }

    // Multiples of a quarter are exact in every format.
    private static readonly float[] Points = [.. Enumerable.Range(-15, 31).Select(i => i / 4f)];

    /// <summary>Runs a product by one of the kernels.</summary>
    internal delegate void GemmLaunch(Device device, in GemmArgs args);

    /// <summary>Runs products whose sums are the points themselves, with every activation and weights of every format.</summary>
    internal static void EpiloguesAreOwn(Device device, int rows, GemmLaunch launch, string where)
    {
        // More than one panel of outputs.
        const int outputs = 70;
        var inputs = Points.Length;
        // Two inputs without weight give each row its range.
        var columns = inputs + 2;
        float[] sums = [.. Enumerable.Range(0, rows * outputs).Select(i => Points[i % outputs % inputs])];
        using var y = device.Allocate<float>(rows * outputs);
        foreach (var format in DTypes.Weights)
        {
            // The 254 steps of inputs of 8 bits are then eighths, and the points exact in them, too.
            var edge = format == DType.W8A8 ? 254 / 16f : Points[^1];
            using var x = device.Upload<float>([.. Enumerable.Repeat<float[]>([.. Points, -edge, edge], rows).SelectMany(row => row)]);
            using var weights = PackedWeights.Allocate(device, outputs, columns, format);
            weights.Fill(0, [.. Enumerable.Range(0, outputs * columns).Select(i => i / columns % inputs == i % columns ? 1f : 0f)]);
            weights.Upload();
            foreach (var kind in Enum.GetValues<Activation>())
            {
                launch(device, new GemmArgs { X = x.View, Weights = weights, Activation = kind, Y = y.View, Rows = rows });
                IsOwn(kind, sums, y.ToArray(), ActivationsReference.Apply, $"{where}, {format}");
            }
        }
    }

    private static void IsOwn(Activation kind, float[] x, float[] actual, Func<double, Activation, double> reference, string where)
    {
        Assert.True(Distance(kind) < 2e-4 * x.Length, $"{kind} on {where} is not its function");
        var nearest = Enum.GetValues<Activation>().MinBy(Distance);
        Assert.True(nearest == kind, $"{kind} on {where} is {nearest}");

        double Distance(Activation function) => x.Zip(actual, (from, to) => Math.Abs(to - reference(from, function))).Sum();
    }
}
