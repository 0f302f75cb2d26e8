using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>Gradients' sizes that forward cases lack, and gradients of results.</summary>
public static class BackwardCases
{
    /// <summary>The text tower over one text and some, the vision tower over 4 images, and a pair's parts.</summary>
    public static IReadOnlyList<GemmCase> RealGemms =>
    [
        new("base, query-key-value", 35, 768, 2304), new("base, dense", 35, 768, 768), new("base, feed-forward in", 35, 768, 3072),
        new("base, feed-forward out", 35, 3072, 768), new("base, matching head", 1, 768, 2), new("base, feed-forward in", 35, 768, 3072)
        {
            Format = DType.BFloat16,
        },
        new("base, vocabulary", 35, 768, 30524), new("base, dense", 80, 768, 768), new("base, feed-forward in", 80, 768, 3072),
        new("vision, dense", 2308, 768, 768), new("vision, feed-forward in", 2308, 768, 3072),
        new("vision, feed-forward out", 2308, 3072, 768),
    ];

    /// <summary>The rows of a 35-token text and an image.</summary>
    public static IReadOnlyList<NormalizationCase> RealLayerNorms => [new(35, 768, Eps: 1e-12f), new(577, 768)];

    /// <summary>A base model's towers, and texts of matching.</summary>
    public static IReadOnlyList<AttentionCase> RealAttentions =>
    [
        new("text encoder, 35 words", 1, 35, 35, 12, 64) { Packed = true },
        new("cross, 35 words", 1, 35, 577, 12, 64),
        new("cross, 35 words, dropout", 1, 35, 577, 12, 64) { Dropout = 0.1f },
        new("text decoder, 20 words", 2, 20, 20, 12, 64) { Packed = true, Causal = true, Padding = Padding.Ragged },
        new("cross, 6 texts on 2 images", 6, 12, 577, 12, 64) { KeyRows = KeyRows.Interleaved },
        new("vision encoder, 224 pixels", 1, 197, 197, 12, 64) { Packed = true },
        new("vision encoder, 384 pixels", 1, 577, 577, 12, 64) { Packed = true },
    ];

    /// <summary>Small and odd.</summary>
    public static IReadOnlyList<AttentionCase> SmallAttentions =>
    [
        new("one token, packed", 3, 1, 1, 2, 16) { Packed = true },
        new("three tokens, packed, causal", 2, 3, 3, 2, 32) { Packed = true, Causal = true },
        new("texts on images, interleaved", 7, 5, 70, 2, 16) { KeyRows = KeyRows.Interleaved, Spare = 2 },
        new("texts on images, interleaved and padded", 6, 4, 9, 2, 5) { KeyRows = KeyRows.Interleaved, Padding = Padding.Ragged },
        new("causal, every other row nothing but padding", 3, 12, 12, 2, 8) { Packed = true, Causal = true, Padding = Padding.Everything },
        new("three tiles of queries", 1, 101, 71, 1, 64),
        new("keys of two spans", 1, 5, 700, 1, 16),
    ];

    /// <summary>Rollouts: rows, heads, tokens.</summary>
    public static IReadOnlyList<(int Rows, int Heads, int Tokens)> Rollouts => [(1, 1, 1), (2, 3, 5), (1, 4, 37), (3, 2, 65)];

    /// <summary>A base model's encoder for retrieval.</summary>
    public static IReadOnlyList<(int Rows, int Heads, int Tokens)> RealRollouts => [(1, 12, 197)];

    /// <summary>A deterministic gradient.</summary>
    public static float[] Gradient(int count, int seed = 5)
    {
        var random = new Random(seed + count);
        return [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) * 2)];
    }

    /// <summary>Positive rows that sum to 1, like softmax weights.</summary>
    public static float[] Stochastic(int rows, int width)
    {
        var values = Gradient(rows * width).Select(value => MathF.Exp(2 * value)).ToArray();
        for (var row = 0; row < rows; row++)
        {
            var part = values.AsSpan(row * width, width);
            var sum = 0.0;
            foreach (var value in part)
                sum += value;
            foreach (ref var value in part)
                value = (float)(value / sum);
        }
        return values;
    }
}

/// <summary>An attention's inputs, forward results and gradients.</summary>
public sealed class AttentionBackwardData : IDisposable
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly AttentionCase test;
    private readonly AttentionData data;
    private readonly float[] outputGradient;
    private readonly DeviceBuffer<float> gradient, query, key, value;
    private readonly DeviceBuffer<float>? probabilities;

    /// <summary>Makes the inputs. For stored weights, run <see cref="AttentionBackwardArgs.Forward"/> first.</summary>
    public AttentionBackwardData(Device device, AttentionCase test)
    {
        this.test = test;
        data = new AttentionData(device, test);
        outputGradient = BackwardCases.Gradient((int)data.Output.Length);
        gradient = device.Upload<float>(outputGradient);
        (query, key, value) = (
            device.Allocate<float>(data.Query.Length), device.Allocate<float>(data.Key.Length), device.Allocate<float>(data.Value.Length));
        probabilities = data.Probabilities is { } weights ? device.Allocate<float>(weights.Length) : null;
        Args = new AttentionBackwardArgs
        {
            Forward = data.Args,
            OutputGradient = gradient.View,
            // A shared input buffer shares its gradient buffer.
            QueryGradient = query.View,
            KeyGradient = test.Packed ? query.View : key.View,
            ValueGradient = test.Packed ? query.View : value.View,
            ProbabilityGradient = probabilities?.View ?? default,
        };
    }

    /// <summary>The arguments.</summary>
    public AttentionBackwardArgs Args { get; }

    /// <summary>All gradients, concatenated.</summary>
    public float[] Read() => [.. query.ToArray(), .. key.ToArray(), .. value.ToArray(), .. probabilities?.ToArray() ?? []];

    /// <summary>The largest error of any gradient relative to its bound.</summary>
    public Agreement Compare()
    {
        var expected = AttentionBackwardReference.Run(data.Inputs, outputGradient);
        // Weights have √HeadDim · spread² / 2 ulp of score errors (see AttentionData). Gradients sum weights times values. Dropout scales
        // the kept weights and their errors.
        var weight = (4 + (Math.Sqrt(test.HeadDim) * test.Spread * test.Spread) + (Math.Sqrt(test.KeyTokens) / 4)) * Ulp / (
            1 - test.Dropout);
        var shown = Math.Sqrt(test.HeadDim) * 2 * 3 * test.ValueSpread;
        var inputs = test.Packed
            ? Of(expected.Packed, query, "query, key, value", weight * (2 + shown) * 3)
            : Of(expected.Query, query, "query", weight * shown * 3 * test.Spread)
                .Or(Of(expected.Key, key, "key", weight * shown * 3 * test.Spread * Shared))
                .Or(Of(expected.Value, value, "value", weight * 2 * Shared));
        // The partial sums of a head's product walk like a score's.
        var product = (4 + (Math.Sqrt(test.HeadDim) / 4)) * Ulp * shown / (1 - test.Dropout);
        return probabilities is null ? inputs : inputs.Or(Of(expected.Probabilities, probabilities, "weight", product));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in (IDisposable?[])[data, gradient, query, key, value, probabilities])
            one?.Dispose();
    }

    // The queries whose gradients a key adds.
    private double Shared => Math.Sqrt(test.QueryTokens * (test.KeyRows == KeyRows.Own ? 1 : 3)) + 1;

    private static Agreement Of(double[] expected, DeviceBuffer<float> actual, string what, double bound) =>
        Agreement.Within(expected, actual.ToArray(), _ => bound, $"the gradient of {what}");
}
