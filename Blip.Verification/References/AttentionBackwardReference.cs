using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AttentionBackwardReference
{
    /// <summary>Gradients laid out like the inputs. Columns outside the heads are 0.</summary>
    public sealed record Gradients(double[] Query, double[] Key, double[] Value, double[] Probabilities)
    {
        /// <summary>The gradient of a shared buffer.</summary>
        public double[] Packed => [.. Query.Zip(Key, (a, b) => a + b).Zip(Value, (a, b) => a + b)];
    }

    public static Gradients Run(AttentionReference.Inputs inputs, float[] outputGradient)
    {
        var a = inputs.Args;
        var weights = AttentionReference.Run(inputs).Probabilities;
        var result = new Gradients(
            new double[inputs.Query.Length], new double[inputs.Key.Length], new double[inputs.Value.Length], new double[weights.Length]);
        for (var row = 0; row < a.Rows; row++)
        {
            for (var head = 0; head < a.Heads; head++)
            {
                for (var token = 0; token < a.QueryTokens; token++)
                    Add(inputs, outputGradient, weights, row, head, token, result);
            }
        }
        return result;
    }

    private static void Add(
        AttentionReference.Inputs inputs, float[] outputGradient, double[] weights, int row, int head, int token, Gradients result)
    {
        var a = inputs.Args;
        var at = (((row * a.Heads) + head) * a.QueryTokens + token) * a.KeyTokens;
        var output = (((row * a.QueryTokens) + token) * a.Heads + head) * a.HeadDim;
        var query = (((row * a.QueryTokens) + token) * a.QueryStride) + a.QueryOffset + (head * a.HeadDim);
        var visible = a.Causal ? Math.Min(a.KeyTokens, (inputs.Start?[row] ?? 0) + token + 1) : a.KeyTokens;
        var gradient = outputGradient.AsSpan(output, a.HeadDim);
        var sum = 0.0;
        for (var j = 0; j < visible; j++)
        {
            result.Probabilities[at + j] =
                AttentionReference.Kept(a, row, head, token, j) * WideSums.Dot(
                    gradient, inputs.Value.AsSpan(At(j, a.ValueStride, a.ValueOffset), a.HeadDim));
            sum += weights[at + j] * result.Probabilities[at + j];
        }
        for (var j = 0; j < visible; j++)
        {
            var constant = inputs.Mask is { } mask && mask[(row * a.KeyTokens) + j] == 0;
            var score = constant ? 0 : weights[at + j] * (result.Probabilities[at + j] - sum) * a.Scale;
            var (key, value) = (At(j, a.KeyStride, a.KeyOffset), At(j, a.ValueStride, a.ValueOffset));
            WideSums.Add(result.Query.AsSpan(query, a.HeadDim), score, inputs.Key.AsSpan(key, a.HeadDim));
            WideSums.Add(result.Key.AsSpan(key, a.HeadDim), score, inputs.Query.AsSpan(query, a.HeadDim));
            WideSums.Add(result.Value.AsSpan(value, a.HeadDim), weights[at + j] * AttentionReference.Kept(a, row, head, token, j),
                gradient);
        }

        int At(int j, int stride, int offset) =>
            (((((inputs.KeyRow?[row] ?? row) * a.KeyCapacity) + j) * stride) + offset) + (head * a.HeadDim);
    }
}
