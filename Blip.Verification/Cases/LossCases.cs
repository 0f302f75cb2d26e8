namespace Blip.Verification.Cases;

/// <summary>Rows of logits with labels.</summary>
public sealed record CrossEntropyCase(int Rows, int Classes, float Smoothing = 0, float Spread = 3)
{
    /// <summary>Whether the gradient overwrites the logits.</summary>
    public bool InPlace { get; init; }

    /// <summary>Whether some rows are ignored and hold NaN and an invalid label. Weighted rows may have invalid labels too.</summary>
    public bool Ignored { get; init; }

    /// <summary>The deterministic rows.</summary>
    public (float[] Logits, int[] Labels, float[] Weights) Make()
    {
        var random = new Random((Rows * 31) + Classes);
        float[] logits = [.. Enumerable.Range(0, Rows * Classes).Select(_ => ((2 * random.NextSingle()) - 1) * Spread)];
        int[] labels = [.. Enumerable.Range(0, Rows).Select(_ => random.Next(Classes))];
        float[] weights = [.. Enumerable.Range(0, Rows).Select(_ => 0.25f + random.NextSingle())];
        for (var row = 0; Ignored && row < Rows; row++)
        {
            if (row % 3 == 1)
                (weights[row], labels[row], logits[row * Classes]) = (0, -100, float.NaN);
            else if (row % 3 == 2)
                labels[row] = row % 2 == 0 ? Classes : -1;
        }
        return (logits, labels, weights);
    }
}

/// <summary>A batch's features with a queue.</summary>
public sealed record ContrastCase(int Rows, int Dim, int Queue, float Temperature = 1, float Alpha = 0.4f)
{
    /// <summary>Unused rows behind the queue: NaN.</summary>
    public int Unused { get; init; }

    /// <summary>Whether samples share keys with each other and the queue.</summary>
    public bool Shared { get; init; }

    /// <summary>The deterministic arrays.</summary>
    public ContrastInputs Make()
    {
        var random = new Random((Rows * 31) + Dim + Queue);
        var columns = Rows + Queue;
        int[] keys = [.. Enumerable.Range(0, columns).Select(j => Shared ? random.Next((Rows / 2) + 1) : j)];
        return new(Unit(Rows), Unit(Rows), Unit(columns), keys);

        float[] Unit(int rows)
        {
            var values = new float[rows * Dim];
            for (var row = 0; row < rows; row++)
            {
                var one = Enumerable.Range(0, Dim).Select(_ => random.NextDouble() - 0.5).ToArray();
                var length = Math.Sqrt(one.Sum(value => value * value));
                for (var c = 0; c < Dim; c++)
                    values[(row * Dim) + c] = (float)(one[c] / length);
            }
            return values;
        }
    }
}

/// <summary>The arrays of a <see cref="ContrastCase"/>.</summary>
/// <param name="Features">[rows, dim].</param>
/// <param name="Momentum">[rows, dim].</param>
/// <param name="Others">[rows + queue, dim].</param>
/// <param name="Keys">[rows + queue].</param>
public sealed record ContrastInputs(float[] Features, float[] Momentum, float[] Others, int[] Keys);

/// <summary>The losses.</summary>
public static class LossCases
{
    /// <summary>Odd sizes, distant logits, ignored rows, in place.</summary>
    public static IReadOnlyList<CrossEntropyCase> CrossEntropies =>
    [
        new(1, 1), new(5, 2), new(3, 2, 0.1f), new(2, 7, 0.1f), new(4, 16), new(3, 33, 0.3f), new(7, 130, 0.1f) { InPlace = true },
        new(3, 1031, 0.1f, 60), new(2, 61, 0, 90), new(9, 45, 0.1f) { Ignored = true }, new(7, 20) { Ignored = true, InPlace = true },
        new(2, 5003, 1) { InPlace = true },
    ];

    /// <summary>Captions, and a batch of matching.</summary>
    public static IReadOnlyList<CrossEntropyCase> RealCrossEntropies =>
        [new(35, 30524, 0.1f) { InPlace = true }, new(140, 30524, 0.1f, 10), new(24, 2)];

    /// <summary>No queue, partial queues and blocks, shared keys, only hard or soft targets.</summary>
    public static IReadOnlyList<ContrastCase> Contrasts =>
    [
        new(1, 1, 0), new(2, 3, 0), new(3, 7, 5) { Unused = 4 }, new(5, 33, 70, 0.07f),
        new(9, 64, 200, 0.07f) { Shared = true, Unused = 3 },
        new(6, 20, 40, Alpha: 0) { Shared = true }, new(4, 40, 1100, 0.05f, 1), new(70, 96, 30, 0.07f), new(3, 300, 64, 0.02f),
    ];

    /// <summary>Pre-training with the authors' queue, and fine-tuning.</summary>
    public static IReadOnlyList<ContrastCase> RealContrasts => [new(32, 256, 57600, 0.07f), new(8, 256, 0, 0.07f)];
}
