using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;

namespace Blip.Tests.Kernels;

/// <summary>
/// The formulas of the gradients in double, against central differences of the forward formulas in double: f(x + h) - f(x - h) over 2h, with the
/// distance that the rounded arguments really have.
/// </summary>
public class FiniteDifferenceTests
{
    private const float Step = 1f / 1024;

    [Fact]
    public void Linear_layers()
    {
        foreach (var test in BackwardCases.Gemms.Where(test => test.Rows * test.OutFeatures < 2000 && test.Spread == Spread.Trained && test.Format == WeightFormat.Float32))
        {
            var inputs = GemmCases.Make(test);
            var dy = BackwardCases.Gradient(test.Rows * test.OutFeatures);
            var gradient = GemmBackwardReference.Run(dy, inputs.Weights, [], test.Rows, test.OutFeatures, test.InFeatures).Gradient;
            Agree($"{test}", inputs.X, gradient, x =>
            {
                var y = new double[dy.Length];
                GemmReference.Run(x, inputs.Weights, [], [], [], Activation.None, y, [], test.Rows, test.OutFeatures, test.InFeatures);
                return Along(y, dy);
            });
        }
    }

    [Fact]
    public void Activation_functions()
    {
        foreach (var kind in Enum.GetValues<Activation>())
        {
            // Beside 0, where relu has no derivative.
            float[] x = [.. Enumerable.Range(-60, 121).Select(i => (i * 0.1f) + 0.03f)];
            Agree($"{kind}", x, [.. x.Select(value => ActivationsBackwardReference.Derivative(value, kind))], values => values.Sum(value => ActivationsReference.Apply(value, kind)), all: true);
        }
    }

    [Fact]
    public void Layer_normalisations()
    {
        foreach (var test in BackwardCases.LayerNorms.Where(test => test.Values == RowValues.Usual && test.Width is > 2 and < 200))
        {
            var (x, _, gamma, beta) = test.Make();
            var dy = BackwardCases.Gradient(x.Length);
            Agree($"{test}", x, LayerNormBackwardReference.Run(x, gamma, dy, test.Rows, test.Width, test.Eps).Gradient, values => Along(LayerNormReference.Run(values, null, gamma, beta, test.Rows, test.Width, test.Eps), dy));
        }
    }

    [Fact]
    public void Attentions()
    {
        using var device = Device.Open("cpu");
        foreach (var test in BackwardCases.Attentions.Where(test => test.Rows * test.Heads * test.QueryTokens * test.KeyTokens < 5000 && test.ValueSpread < 10))
        {
            using var data = new AttentionData(device, test);
            var dy = BackwardCases.Gradient((int)data.Output.Length);
            var inputs = new AttentionReference.Inputs(data.Args, data.Query, data.Key, data.Value, data.KeyRow, data.Start, data.Mask);
            var gradients = AttentionBackwardReference.Run(inputs, dy);
            if (test.Packed)
            {
                double[] sum = [.. gradients.Query.Zip(gradients.Key, (a, b) => a + b).Zip(gradients.Value, (a, b) => a + b)];
                Agree($"{test}", data.Query, sum, values => Loss(inputs with { Query = values, Key = values, Value = values }));
                continue;
            }
            Agree($"{test}, queries", data.Query, gradients.Query, values => Loss(inputs with { Query = values }));
            Agree($"{test}, keys", data.Key, gradients.Key, values => Loss(inputs with { Key = values }));
            Agree($"{test}, values", data.Value, gradients.Value, values => Loss(inputs with { Value = values }));

            double Loss(AttentionReference.Inputs changed) => Along(AttentionReference.Run(changed).Output, dy);
        }
    }

    // The result along one direction.
    private static double Along(double[] y, float[] direction) => y.Zip(direction, (a, b) => a * b).Sum();

    private static void Agree(string what, float[] x, double[] gradient, Func<float[], double> loss, bool all = false)
    {
        var random = new Random(11);
        var size = gradient.Max(Math.Abs) + 1e-3;
        var seen = all || x.Length < 24 ? [.. Enumerable.Range(0, x.Length)] : Enumerable.Range(0, 24).Select(_ => random.Next(x.Length)).ToArray();
        foreach (var i in seen)
        {
            var (above, below) = ((float[])x.Clone(), (float[])x.Clone());
            above[i] += Step;
            below[i] -= Step;
            var slope = (loss(above) - loss(below)) / ((double)above[i] - below[i]);
            // The third derivative times h²/6.
            Assert.True(Math.Abs(slope - gradient[i]) < 2e-5 * size, $"{what}: the slope at {i} is {slope:g9}, the gradient {gradient[i]:g9}");
        }
    }
}
