using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Training.Objectives;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Training.Engine;

/// <summary>
/// LoRA (Hu et al. 2021): for each adapted matrix W0 only a product of low rank is trained, <c>W = W0 + alpha / rank · B·A</c>. A begins at
/// random, as in PEFT, and B with zeros. The graph gives the gradient of W; those of A and B follow exactly.
/// </summary>
internal sealed class LoraWeights : TrainedWeights
{
    private readonly List<Product> products = [];
    private readonly List<PackedWeights> bases = [];
    private readonly ParameterMemory factors, gradients, first, second;

    /// <summary>Draws the products and copies their base matrices. Stacks hold unadapted neighbours, too.</summary>
    public LoraWeights(Device device, WeightStore weights, IEnumerable<TrainedParameter> parameters, LoraConfig config, long seed)
        : base(device, weights, parameters)
    {
        Config = config;
        foreach (var (i, matrix) in Parameters.Select(parameter => parameter.Matrix!).Index())
        {
            bases.Add(Copy(weights.Master(matrix)));
            // Attention's projections are square, so stacked ones have equal shares.
            var outFeatures = matrix.OutFeatures / matrix.Keys.Count;
            foreach (var (place, key) in matrix.Keys.Index().Where(entry => TrainedKeys.IsAdapted(entry.Item)))
                products.Add(new Product(key, i, matrix, place * outFeatures, outFeatures));
        }
        long[] lengths = [.. products.SelectMany(product => (long[])[Rank * product.Matrix.InFeatures, Rank * product.OutFeatures])];
        (factors, gradients) = (new ParameterMemory(device, lengths), new ParameterMemory(device, lengths));
        (first, second) = (new ParameterMemory(device, lengths), new ParameterMemory(device, lengths));
        foreach (var (i, product) in products.Index())
            device.Write<float>(Drawn(product, seed), Down(factors, i));
    }

    public LoraConfig Config { get; }

    /// <inheritdoc/>
    public override long Count => products.Sum(product => (long)Rank * (product.Matrix.InFeatures + product.OutFeatures));

    /// <inheritdoc/>
    public override long Bytes =>
        (3 * sizeof(float) * Parameters.Sum(parameter => parameter.Length)) + RoundedBytes + (4 * sizeof(float) * Count);

    /// <inheritdoc/>
    public override ArrayView<float> Gradients => gradients.All;

    /// <inheritdoc/>
    public override IReadOnlyList<SavedParameter> Saved =>
    [
        .. products.SelectMany((product, i) =>
            (SavedParameter[])[Factor($"{product.Key}.A", 2 * i), Factor($"{product.Key}.B", (2 * i) + 1)]),
    ];

    private int Rank => Config.Rank;

    private float Scale => (float)(Config.Alpha / Config.Rank);

    /// <summary>Copies the products to the host, in PEFT's layout.</summary>
    public IReadOnlyList<LoraPair> ReadPairs() =>
    [
        .. products.Select((product, i) => new LoraPair(
            product.Key, Config.ScaleOf(product.Key), Device.Read(Down(factors, i)),
            Turned(Device.Read(Up(factors, i)), product.OutFeatures), Rank)),
    ];

    /// <inheritdoc/>
    public override void CompleteGradients()
    {
        base.CompleteGradients();
        foreach (var (i, product) in products.Index())
        {
            LowRankGradient.Run(Device, new LowRankGradientArgs
            {
                Gradient = Gradient(product.Parameter),
                Down = Down(factors, i),
                Up = Up(factors, i),
                DownGradient = Down(gradients, i),
                UpGradient = Up(gradients, i),
                InFeatures = product.Matrix.InFeatures,
                OutFeatures = product.OutFeatures,
                Columns = product.Matrix.OutFeatures,
                FirstColumn = product.FirstOutput,
                Rank = Rank,
                Scale = Scale,
            });
        }
    }

    /// <inheritdoc/>
    public override void GoOn(long steps)
    {
        base.GoOn(steps);
        Merge();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        foreach (var one in bases.Concat<IDisposable>([factors, gradients, first, second]))
            one.Dispose();
    }

    // All are matrices, which decay alike. The zeros between them stay zeros.
    private protected override void Update(StepSettings settings, AdamWArgs args)
    {
        AdamW.Run(Device, args with
        {
            Parameter = factors.All,
            Length = factors.All.Length,
            Gradient = gradients.All,
            FirstMoment = first.All,
            SecondMoment = second.All,
        });
        Merge();
    }

    private static ArrayView<float> Down(ParameterMemory memory, int product) => memory[2 * product];

    private static ArrayView<float> Up(ParameterMemory memory, int product) => memory[(2 * product) + 1];

    private void Merge()
    {
        foreach (var (i, product) in products.Index())
        {
            LowRankMerge.Run(Device, new LowRankMergeArgs
            {
                Base = bases[product.Parameter],
                Weights = Weights.Master(product.Matrix),
                Rounded = Rounded(product.Matrix),
                Down = Down(factors, i),
                Up = Up(factors, i),
                OutFeatures = product.OutFeatures,
                FirstOutput = product.FirstOutput,
                Rank = Rank,
                Scale = Scale,
            });
        }
    }

    // PEFT's Kaiming distribution (a = √5) is uniform within 1 / √in.
    private float[] Drawn(Product product, long seed)
    {
        var random = new SampleRandom(seed, 0, product.Key, RandomPurpose.Adapter);
        var bound = 1 / Math.Sqrt(product.Matrix.InFeatures);
        var values = new float[Rank * product.Matrix.InFeatures];
        foreach (ref var value in values.AsSpan())
            value = (float)random.Between(-bound, bound);
        return values;
    }

    private SavedParameter Factor(string name, int i) =>
        new(name, () => Device.Read(factors[i]), values => Device.Write<float>(values, factors[i]), first[i], second[i]);

    private PackedWeights Copy(PackedWeights weights)
    {
        var copy = PackedWeights.Allocate(Device, weights.OutFeatures, weights.InFeatures, weights.Format);
        copy.Upload();
        weights.Storage.CopyTo(Device.Stream, copy.Storage);
        Device.Synchronize();
        return copy;
    }

    // B is [rank, out] here, since gradients of matrices are [in, out].
    private float[] Turned(float[] up, int outFeatures) =>
        [.. Enumerable.Range(0, up.Length).Select(i => up[(i % Rank * outFeatures) + (i / Rank)])];

    private sealed record Product(string Key, int Parameter, Matrix Matrix, int FirstOutput, int OutFeatures);
}
