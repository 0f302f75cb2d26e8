using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Tests.Kernels;

public class AttentionTests
{
    private const double Ulp = 1.0 / (1 << 23);

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Every_case_agrees_with_the_formula_in_double(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in AttentionCases.Small)
            Compare(device, id, test);
    }

    [Theory, InlineData("cpu"), InlineData("opencl")]
    public void The_real_models_shapes_agree_with_the_formula_in_double(string id)
    {
        using var device = Variants.Open(id);
        foreach (var test in AttentionCases.Real.Where(test => id == "cpu" || test.Flops < 1.1e9))
            Compare(device, id, test);
    }

    private static void Compare(Device device, string id, AttentionCase test)
    {
        using var data = new AttentionData(device, test);
        Attention.Run(device, data.Args, Variants.Portable(id));
        var output = data.Output.ToArray();
        var (expected, weights) = AttentionReference.Run(new(data.Args, data.Query, data.Key, data.Value, data.KeyRow, data.Start, data.Mask));
        var largest = data.Value.Max(Math.Abs);
        var bound = Bound(test, weights);
        Near(expected, output, bound * largest, $"{test.Name} on {id}");
        if (data.Probabilities is { } probabilities)
            Near(weights, probabilities.ToArray(), bound, $"weights of {test.Name} on {id}");
    }

    // A score is a sum of HeadDim products, each at most (3 · spread)² / √HeadDim: its rounding errors walk randomly, √HeadDim · |score| · ulp / 2.
    // Twice that error of the exponents is the relative error of a weight; the sums over keys add √keys / 2 ulp of the result.
    // Where one key takes all, the weights are 1 and 0 whatever the error of the scores.
    private static double Bound(AttentionCase test, double[] weights)
    {
        var sums = 4 + Math.Sqrt(test.KeyTokens) / 2;
        var oneTakesAll = test.Spread > 1e3 && weights.All(weight => weight is < 1e-12 or > 1 - 1e-12);
        var scores = oneTakesAll ? 0 : Math.Sqrt(test.HeadDim) * 3 * test.Spread * test.Spread;
        return (sums + scores) * Ulp;
    }

    private static void Near(double[] expected, float[] actual, double bound, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= bound, $"{what}: element {i} is {actual[i]:g9}, not {expected[i]:g9} ± {bound:g3}");
    }
}
