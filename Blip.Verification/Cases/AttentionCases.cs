using System.Diagnostics;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>How rows find their K/V rows.</summary>
public enum KeyRows
{
    /// <summary>The row's own.</summary>
    Own,

    /// <summary>By row; neighbours share one.</summary>
    Shared,

    /// <summary>By row; distant rows share one.</summary>
    Interleaved,

    /// <summary>By position, shuffled as by beams.</summary>
    Shuffled,
}

/// <summary>The padding keys.</summary>
public enum Padding
{
    /// <summary>No mask.</summary>
    None,

    /// <summary>A mask of ones.</summary>
    Ones,

    /// <summary>Row r lacks its last r + 1 keys.</summary>
    Ragged,

    /// <summary>Every other row lacks all.</summary>
    Everything,

    /// <summary>Every third key is missing, shifted per row.</summary>
    Holes,
}

/// <summary>One attention.</summary>
public sealed record AttentionCase(string Name, int Rows, int QueryTokens, int KeyTokens, int Heads, int HeadDim)
{
    /// <summary>Whether queries, keys and values share a buffer.</summary>
    public bool Packed { get; init; }

    /// <summary>Positions of a K/V row beyond KeyTokens.</summary>
    public int Spare { get; init; }

    /// <summary>Whether queries see keys only up to their position.</summary>
    public bool Causal { get; init; }

    /// <summary>Row r's first query is at Start + r; negative: no table.</summary>
    public int Start { get; init; } = -1;

    /// <summary>How rows find K/V rows.</summary>
    public KeyRows KeyRows { get; init; }

    /// <summary>The padding keys.</summary>
    public Padding Padding { get; init; }

    /// <summary>Whether softmax weights are output.</summary>
    public bool Probabilities { get; init; }

    /// <summary>The spread of queries and keys.</summary>
    public float Spread { get; init; } = 1;

    /// <summary>The spread of values.</summary>
    public float ValueSpread { get; init; } = 1;

    /// <summary>The format to which devices may round factors.</summary>
    public DType Precision { get; init; }

    /// <summary>Whether inputs and outputs are in 16 bits, where kernels would round to it anyway.</summary>
    public bool Halves { get; init; }

    /// <summary>The dropped share of weights.</summary>
    public float Dropout { get; init; }

    /// <summary>Multiplications plus additions.</summary>
    public double Flops => 4.0 * Rows * QueryTokens * KeyTokens * Heads * HeadDim;

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The attentions.</summary>
public static class AttentionCases
{
    /// <summary>Small and odd.</summary>
    public static IReadOnlyList<AttentionCase> Small =>
    [
        new("one of each", 1, 1, 1, 1, 1),
        new("head size 4", 2, 3, 5, 3, 4) { Probabilities = true },
        new("head size 7, prime lengths", 2, 13, 31, 3, 7) { Packed = false, Probabilities = true },
        new("head size 8, packed", 2, 17, 17, 4, 8) { Packed = true },
        new("head size 12, packed, weights", 2, 5, 5, 2, 12) { Packed = true, Probabilities = true },
        new("head size 16, a full block of keys", 1, 6, 64, 2, 16),
        new("head size 24, one key past a block", 1, 7, 65, 2, 24) { Probabilities = true },
        new("head size 33, one key short of a block", 1, 8, 63, 2, 33),
        new("values of 16 bits, two blocks of queries, three of keys", 1, 70, 130, 1, 64) { Precision = DType.Float16, Halves = true },
        new("head size 80", 1, 11, 130, 1, 80) { Packed = false },
        new("head size 96", 1, 5, 70, 2, 96),
        new("head size 128, packed", 2, 9, 9, 2, 128) { Packed = true },
        new("causal prompt", 3, 20, 20, 2, 16) { Packed = true, Causal = true, Probabilities = true },
        new("causal over two blocks", 1, 131, 131, 1, 64) { Packed = true, Causal = true },
        new("causal step on a cache", 4, 1, 40, 3, 64) { Causal = true, Start = 17, Spare = 8 },
        new("causal step, weights", 3, 1, 9, 2, 12) { Causal = true, Start = 5, Spare = 3, Probabilities = true },
        new("causal step, beams", 6, 1, 38, 3, 64) { Causal = true, Start = 12, Spare = 2, KeyRows = KeyRows.Shuffled },
        new("causal step, beams over two blocks", 3, 1, 100, 2, 16)
        {
            Causal = true,
            Start = 96,
            Spare = 28,
            KeyRows = KeyRows.Shuffled,
            Probabilities = true,
        },
        new("causal chunk after a cache", 2, 5, 30, 2, 32) { Causal = true, Start = 20, Spare = 1 },
        new("causal, padded", 3, 12, 12, 2, 8) { Causal = true, Padding = Padding.Ragged, Probabilities = true },
        new("values of 16 bits, packed and padded", 2, 13, 13, 2, 24)
        {
            Packed = true,
            Padding = Padding.Ragged,
            Precision = DType.BFloat16,
            Halves = true,
        },
        new("values of 16 bits, causal over two blocks", 1, 67, 67, 2, 16)
        {
            Packed = true,
            Causal = true,
            Precision = DType.Float16,
            Halves = true,
        },
        new("padded", 4, 10, 75, 2, 16) { Padding = Padding.Ragged, Probabilities = true },
        new("nothing but padding", 4, 10, 75, 2, 16) { Padding = Padding.Everything, Probabilities = true },
        new("a mask of ones", 2, 10, 75, 2, 16) { Padding = Padding.Ones },
        new("cross, beams share an image", 6, 1, 50, 2, 12) { KeyRows = KeyRows.Shared, Probabilities = true },
        new("cross, texts over two images", 5, 7, 150, 2, 16) { KeyRows = KeyRows.Shared },
        new("cross, texts over images, weights", 7, 9, 70, 1, 12) { KeyRows = KeyRows.Shared, Probabilities = true },
        new("cross, prompt tokens", 4, 7, 50, 2, 16) { KeyRows = KeyRows.Shared, Padding = Padding.Ones },
        new("large scores: one key takes all", 2, 9, 100, 2, 64) { Spread = 1e4f, Probabilities = true },
        new("large values", 2, 9, 100, 2, 64) { ValueSpread = 1e4f },
        new("tiny scores", 2, 9, 100, 2, 64) { Spread = 1e-4f },
        new("queries to the end of a tile, two blocks of keys", 2, 64, 70, 1, 64) { Padding = Padding.Holes, KeyRows = KeyRows.Shared },
        new("queries to the end of a tile, causal", 2, 66, 70, 1, 64) { Causal = true, Start = 4, Spare = 3, Padding = Padding.Holes },
        new("queries to the end of a tile, odd heads", 2, 66, 70, 1, 62) { Causal = true, Start = 4, Padding = Padding.Holes },
        new("queries to the end of a tile, scores of thousands", 1, 66, 70, 1, 64) { Spread = 32 },
        new("queries to the end of a tile, odd heads, scores of thousands", 1, 66, 70, 1, 63) { Spread = 32 },
        new("queries to the end of a tile, few keys", 1, 70, 9, 1, 32),
        new("head size 16, holes in the padding", 2, 6, 64, 2, 16) { Padding = Padding.Holes },
        new("head size 16, scores of tens", 1, 20, 130, 2, 16) { Spread = 4 },
        new("head size 33, two blocks of queries", 1, 70, 9, 1, 33),
        new("dropout, prime lengths", 2, 13, 31, 3, 7) { Dropout = 0.1f, Probabilities = true },
        new("dropout, packed, causal", 3, 20, 20, 2, 16) { Packed = true, Causal = true, Dropout = 0.5f, Probabilities = true },
        new("dropout, two blocks of keys", 2, 64, 70, 1, 64) { Padding = Padding.Holes, KeyRows = KeyRows.Shared, Dropout = 0.3f },
        new("dropout, odd heads, causal", 2, 66, 70, 1, 62) { Causal = true, Start = 4, Padding = Padding.Holes, Dropout = 0.3f },
        new("dropout, more keys than are softened at once", 1, 7, 700, 2, 8) { Dropout = 0.1f },
        new("dropout, one query over a shared image", 6, 1, 50, 2, 12) { KeyRows = KeyRows.Shared, Dropout = 0.1f },
        new("dropout, head size 80", 1, 11, 130, 1, 80) { Dropout = 0.9f },
        new("step, head size 33", 3, 1, 70, 2, 33),
        new("step, head size 7", 5, 1, 150, 2, 7) { Causal = true, Start = 140, Spare = 3, KeyRows = KeyRows.Shuffled },
        new("step, odd heads", 6, 1, 150, 2, 61)
        {
            Causal = true,
            Start = 140,
            Spare = 3,
            KeyRows = KeyRows.Shuffled,
            Padding = Padding.Holes,
        },
        new("step, whole heads", 5, 1, 150, 1, 64)
        {
            Causal = true,
            Start = 146,
            Spare = 3,
            KeyRows = KeyRows.Shared,
            Padding = Padding.Holes,
        },
        new("step, padded", 6, 1, 140, 2, 12) { KeyRows = KeyRows.Shared, Padding = Padding.Ragged },
        new("step, one key takes all", 8, 1, 150, 1, 64) { KeyRows = KeyRows.Shared, Spread = 1e4f },
        new("step, odd heads, one key takes all", 7, 1, 150, 1, 61) { Causal = true, Start = 142, KeyRows = KeyRows.Shared, Spread = 1e4f },
    ];

    /// <summary>Small cases for tensor cores: values fit half precision, whose rounding changes scores little.</summary>
    public static IEnumerable<AttentionCase> Rounded =>
        from test in Small
        where test is { QueryTokens: > 1, Spread: <= 32, ValueSpread: <= 1, Probabilities: false, Halves: false }
        from precision in new[] { DType.Float16, DType.BFloat16 }
        from halves in test.HeadDim % ValueFormats.Unit == 0 && test.Dropout == 0 ? new[] { false, true } : [false]
        select test with { Name = halves ? $"{test.Name}, values of 16 bits" : test.Name, Precision = precision, Halves = halves };

    /// <summary>Real models' sizes.</summary>
    public static IReadOnlyList<AttentionCase> Real =>
    [
        new("vision encoder, base", 1, 577, 577, 12, 64) { Packed = true },
        new("vision encoder, base, 16 bits", 1, 577, 577, 12, 64) { Packed = true, Precision = DType.Float16, Halves = true },
        new("vision encoder, large, 2 images", 2, 577, 577, 16, 64) { Packed = true },
        new("vision encoder, 768 pixels", 1, 2305, 2305, 2, 64) { Packed = true },
        new("vision encoder, retrieval, 224 pixels", 1, 197, 197, 12, 64) { Packed = true },
        new("cross, one step", 1, 1, 577, 12, 64) { KeyRows = KeyRows.Shared },
        new("cross, one step, 3 beams", 3, 1, 577, 12, 64) { KeyRows = KeyRows.Shared },
        new("self, one step, 3 beams", 3, 1, 40, 12, 64) { Causal = true, Start = 20, KeyRows = KeyRows.Shuffled },
        new("cross, 35 words", 1, 35, 577, 12, 64),
        new("cross, 35 words, dropout", 1, 35, 577, 12, 64) { Dropout = 0.1f },
        new("text encoder, 35 words", 2, 35, 35, 12, 64) { Packed = true, Padding = Padding.Ragged },
    ];
}

/// <summary>A case's inputs on host and device.</summary>
public sealed class AttentionData : IDisposable
{
    private const double Ulp = 1.0 / (1 << 23);

    private readonly AttentionCase test;
    private readonly int architecture;
    private readonly List<IDisposable> buffers = [];

    /// <summary>Makes deterministic inputs.</summary>
    public AttentionData(Device device, AttentionCase test)
    {
        this.test = test;
        var target = KernelTarget.Of(device);
        architecture = target.Architecture;
        var random = new Random(StableHash(test.Name));
        var width = test.Heads * test.HeadDim;
        var capacity = test.KeyTokens + test.Spare;
        var args = new AttentionArgs
        {
            Rows = test.Rows,
            QueryTokens = test.QueryTokens,
            Heads = test.Heads,
            HeadDim = test.HeadDim,
            Scale = 1 / MathF.Sqrt(test.HeadDim),
            Precision = test.Precision,
            KeyTokens = test.KeyTokens,
            KeyCapacity = capacity,
            Causal = test.Causal,
            QueryStride = test.Packed ? 3 * width : width,
            KeyStride = test.Packed ? 3 * width : width,
            ValueStride = test.Packed ? 3 * width : width,
            KeyOffset = test.Packed ? width : 0,
            ValueOffset = test.Packed ? 2 * width : 0,
            Dropout = test.Dropout,
            DropoutSeed = 0x0123456789ABCDEF,
            DropoutStream = -3,
        };
        if (test.Packed)
        {
            Query = Key = Value = Values(random, test.Rows * test.QueryTokens * 3 * width, test.Spread);
        }
        else
        {
            Query = Values(random, test.Rows * test.QueryTokens * width, test.Spread);
            Key = Values(random, test.Rows * capacity * width, test.Spread);
            Value = Values(random, test.Rows * capacity * width, test.ValueSpread);
        }
        if (test.KeyRows == KeyRows.Shared)
            KeyRow = [.. Enumerable.Range(0, test.Rows).Select(row => row / 3)];
        else if (test.KeyRows == KeyRows.Interleaved)
            KeyRow = [.. Enumerable.Range(0, test.Rows).Select(row => row % ((test.Rows + 2) / 3))];
        else if (test.KeyRows == KeyRows.Shuffled)
            KeyRow = [.. Enumerable.Range(0, test.Rows * capacity).Select(_ => random.Next(test.Rows))];
        if (test.Start >= 0)
            Start = [.. Enumerable.Range(0, test.Rows).Select(row => test.Start + row)];
        if (test.Padding != Padding.None)
            Mask = [.. Enumerable.Range(0, test.Rows * test.KeyTokens).Select(i => Seen(test, i / test.KeyTokens, i % test.KeyTokens))];
        args.KeyRow = KeyRow is null ? default : Upload(device, KeyRow);
        args.Start = Start is null ? default : Upload(device, Start);
        args.Mask = Mask is null ? default : Upload(device, Mask);
        if (test.Probabilities)
        {
            Probabilities = Own(device.Allocate<float>((long)test.Rows * test.Heads * test.QueryTokens * test.KeyTokens));
            args.Probabilities = Probabilities.View;
        }
        if (test.Halves)
        {
            args.InputFormat = Attention.InputFormat(target, args) ?? DType.Float32;
            args.OutputFormat = Attention.CanStore(target, args, test.Precision) ? test.Precision : DType.Float32;
        }
        args.Query = Upload(device, HalfValues.Pack(Query, args.InputFormat));
        args.Key = test.Packed ? args.Query : Upload(device, HalfValues.Pack(Key, args.InputFormat));
        args.Value = test.Packed ? args.Query : Upload(device, HalfValues.Pack(Value, args.InputFormat));
        Output = Own(device.Allocate<float>(args.OutputFormat.Floats(test.Rows * test.QueryTokens * width)));
        args.Output = Output.View;
        Args = args;
    }

    /// <summary>The arguments.</summary>
    public AttentionArgs Args { get; }

    /// <summary>The host's inputs; tables may be null.</summary>
    public float[] Query { get; }

    /// <inheritdoc cref="Query"/>
    public float[] Key { get; }

    /// <inheritdoc cref="Query"/>
    public float[] Value { get; }

    /// <inheritdoc cref="Query"/>
    public int[]? KeyRow { get; }

    /// <inheritdoc cref="Query"/>
    public int[]? Start { get; }

    /// <inheritdoc cref="Query"/>
    public int[]? Mask { get; }

    internal AttentionReference.Inputs Inputs => new(Args, Query, Key, Value, KeyRow, Start, Mask);

    /// <summary>[Rows, QueryTokens, Heads · HeadDim].</summary>
    public DeviceBuffer<float> Output { get; }

    /// <summary>[Rows, Heads, QueryTokens, KeyTokens], or null.</summary>
    public DeviceBuffer<float>? Probabilities { get; }

    /// <summary>The largest error of outputs and weights relative to its bound.</summary>
    public Agreement Compare() => Compare(AttentionCuda.OnTensorCores(architecture, Args) ? test.Precision : DType.Float32);

    /// <summary>The same for kernels that round inputs to a format.</summary>
    public Agreement Compare(DType format)
    {
        var (query, key, value) = (GemmCases.Rounded(Query, format), GemmCases.Rounded(Key, format), GemmCases.Rounded(Value, format));
        var (expected, weights) = AttentionReference.Run(Inputs with { Query = query, Key = key, Value = value });
        // Inputs are already rounded. Weights, and stored outputs, are rounded once, each by half a unit in the last place.
        var half = format == DType.Float16 ? 1.0 / 2048 : 1.0 / 256;
        var bound = format.Is16Bits() ? half * (Args.OutputFormat.Is16Bits() ? 2 : 1) : Bound(weights);
        // Dropout scales the kept weights and their errors.
        var output = Worst(expected, HalfValues.Unpack(Output.ToArray(), Args.OutputFormat),
            bound * value.Max(Math.Abs) / (1 - test.Dropout), "output");
        return Probabilities is null ? output : output.Or(Worst(weights, Probabilities.ToArray(), bound, "weight"));
    }

    /// <inheritdoc/>
    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    // A score sums HeadDim products. Partial sums and rounding errors walk randomly: scaled sums reach about spread², errors √HeadDim ·
    // spread² / 2 ulp, a weight's relative error. Sums over keys and the division add 2 + √keys / 8 ulp of the largest value. Where one key
    // takes all, weights are 1 and 0 despite score errors.
    private double Bound(double[] weights)
    {
        var sums = 2 + (Math.Sqrt(test.KeyTokens) / 8);
        var oneTakesAll = test.Spread > 1e3 && weights.All(weight => weight is < 1e-12 or > 1 - 1e-12);
        var scores = oneTakesAll ? 0 : Math.Sqrt(test.HeadDim) * test.Spread * test.Spread / 2;
        return (sums + scores) * Ulp;
    }

    private static Agreement Worst(double[] expected, float[] actual, double bound, string what) =>
        Agreement.Within(expected, actual, _ => bound, what);

    private static int Seen(AttentionCase test, int row, int key) => test.Padding switch
    {
        Padding.Ragged => key < test.KeyTokens - row - 1 ? 1 : 0,
        Padding.Everything => row % 2,
        Padding.Holes => (key + row) % 3 > 0 ? 1 : 0,
        Padding.None or Padding.Ones => 1,
        _ => throw new UnreachableException($"{test.Padding}"),
    };

    // string.GetHashCode differs between runs.
    private static int StableHash(string text) => text.Aggregate(17, (hash, c) => unchecked((hash * 31) + c));

    private static float[] Values(Random random, int count, float spread)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2 * spread);
        return values;
    }

    private ILGPU.ArrayView<T> Upload<T>(Device device, T[] values)
        where T : unmanaged => Own(device.Upload<T>(values)).View;

    private TBuffer Own<TBuffer>(TBuffer buffer)
        where TBuffer : IDisposable
    {
        buffers.Add(buffer);
        return buffer;
    }
}
