using Blip.Kernels;

namespace Blip.Verification.References;

internal static class AttentionReference
{
    /// <summary><see cref="AttentionArgs"/> with arrays; null for an empty view.</summary>
    public sealed record Inputs(
        AttentionArgs Args, float[] Query, float[] Key, float[] Value, int[]? KeyRow, int[]? Start, int[]? Mask);

    /// <summary>
    /// The output [Rows, QueryTokens, Heads · HeadDim] and the weights before dropout [Rows, Heads, QueryTokens, KeyTokens].
    /// </summary>
    public static (double[] Output, double[] Probabilities) Run(Inputs inputs)
    {
        var a = inputs.Args;
        var output = new double[a.Rows * a.QueryTokens * a.Heads * a.HeadDim];
        var probabilities = new double[a.Rows * a.Heads * a.QueryTokens * a.KeyTokens];
        for (var row = 0; row < a.Rows; row++)
        {
            for (var head = 0; head < a.Heads; head++)
            {
                for (var token = 0; token < a.QueryTokens; token++)
                {
                    var weights = probabilities.AsSpan((((row * a.Heads) + head) * a.QueryTokens + token) * a.KeyTokens, a.KeyTokens);
                    Weights(inputs, row, head, token, weights);
                    var to = output.AsSpan((((row * a.QueryTokens) + token) * a.Heads + head) * a.HeadDim, a.HeadDim);
                    for (var j = 0; j < a.KeyTokens; j++)
                    {
                        if (weights[j] > 0)
                            WideSums.Add(to, weights[j] * Kept(a, row, head, token, j),
                                inputs.Value.AsSpan(Value(inputs, row, head, j), a.HeadDim));
                    }
                }
            }
        }
        return (output, probabilities);
    }

    /// <summary>Dropout's factor of a weight.</summary>
    public static double Kept(AttentionArgs args, int row, int head, int token, int j) => args.Dropout == 0
        ? 1
        : DropoutReference.Factor(
            args.Dropout, args.DropoutSeed, (((((long)row * args.Heads) + head) * args.QueryTokens + token) * args.KeyTokens) + j,
                args.DropoutStream);

    private static void Weights(Inputs inputs, int row, int head, int token, Span<double> weights)
    {
        var a = inputs.Args;
        var visible = a.Causal ? Math.Min(a.KeyTokens, (inputs.Start?[row] ?? 0) + token + 1) : a.KeyTokens;
        var query = (((row * a.QueryTokens) + token) * a.QueryStride) + a.QueryOffset + (head * a.HeadDim);
        var largest = double.NegativeInfinity;
        for (var j = 0; j < visible; j++)
        {
            var key = (Token(inputs, row, j) * a.KeyStride) + a.KeyOffset + (head * a.HeadDim);
            var score = WideSums.Dot(inputs.Query.AsSpan(query, a.HeadDim), inputs.Key.AsSpan(key, a.HeadDim));
            weights[j] = inputs.Mask is { } mask && mask[(row * a.KeyTokens) + j] == 0 ? float.MinValue : score * a.Scale;
            largest = Math.Max(largest, weights[j]);
        }
        var sum = 0.0;
        for (var j = 0; j < visible; j++)
            sum += weights[j] = Math.Exp(weights[j] - largest);
        for (var j = 0; j < visible; j++)
            weights[j] /= sum;
    }

    private static int Value(Inputs inputs, int row, int head, int j) =>
        (Token(inputs, row, j) * inputs.Args.ValueStride) + inputs.Args.ValueOffset + (head * inputs.Args.HeadDim);

    private static int Token(Inputs inputs, int row, int j)
    {
        var a = inputs.Args;
        var from = inputs.KeyRow is not { } table ? row : table.Length == a.Rows ? table[row] : table[(row * a.KeyCapacity) + j];
        return (from * a.KeyCapacity) + j;
    }
}
