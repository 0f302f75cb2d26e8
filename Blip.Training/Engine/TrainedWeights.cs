using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>The settings of a step of AdamW.</summary>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">The decay.</param>
/// <param name="DecaysAll">Whether vectors decay, too.</param>
internal readonly record struct StepSettings(double LearningRate, double WeightDecay, bool DecaysAll);

/// <summary>
/// The trained parameters on the device, with the gradients that the graph adds to: one block of memory, in the order of the parameters. A
/// subclass applies AdamW (Loshchilov and Hutter 2019, algorithm 2) to the parameters or to a product added to them. All is in single
/// precision. A matrix in 16 bits is the rounded copy of one in single precision.
/// </summary>
internal abstract class TrainedWeights : IDisposable
{
    /// <summary>AdamW's decay rates of the moments, from the authors' code.</summary>
    public const double Beta1 = 0.9, Beta2 = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public const double Epsilon = 1e-8;

    private readonly Dictionary<int, DeviceBuffer<float>> embeddings = [];

    /// <summary>Allocates the gradients, which are zero.</summary>
    private protected TrainedWeights(Device device, WeightStore weights, IEnumerable<TrainedParameter> parameters)
    {
        (Device, Weights) = (device, weights);
        Parameters = [.. parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)];
        ParameterGradients = new ParameterMemory(device, [.. Parameters.Select(parameter => parameter.Length)]);
        foreach (var (i, parameter) in Parameters.Index().Where(entry => entry.Item.EmbeddingGradient is not null))
            embeddings.Add(i, device.Allocate<float>(parameter.Length));
        // Masters are read from the checkpoint, so before the first step.
        foreach (var matrix in Parameters.Select(parameter => parameter.Matrix).OfType<Matrix>())
            weights.Master(matrix);
    }

    public IReadOnlyList<TrainedParameter> Parameters { get; }

    /// <summary>Number of trained values.</summary>
    public abstract long Count { get; }

    /// <summary>Bytes of weights, gradients and moments on the device.</summary>
    public abstract long Bytes { get; }

    /// <summary>Steps made.</summary>
    public long Steps { get; private set; }

    /// <summary>The gradients that the gradient norm covers.</summary>
    public abstract ArrayView<float> Gradients { get; }

    /// <summary>The trained parameters, for resuming a run.</summary>
    public abstract IReadOnlyList<SavedParameter> Saved { get; }

    private protected Device Device { get; }

    private protected WeightStore Weights { get; }

    private protected ParameterMemory ParameterGradients { get; }

    public void Bind(Plan plan)
    {
        foreach (var (i, parameter) in Parameters.Index())
        {
            plan.Bind(plan.Graph.Input(parameter.Gradient.Name), Gradient(i));
            if (parameter.EmbeddingGradient is { } embedding)
                plan.Bind(plan.Graph.Input(embedding.Name), embeddings[i].View);
        }
    }

    /// <summary>Zeroes the gradients.</summary>
    public void ClearGradients()
    {
        Elementwise.Fill(Device, ParameterGradients.All, ParameterGradients.All.Length);
        foreach (var embedding in embeddings.Values)
            Elementwise.Fill(Device, embedding.View, embedding.Length);
    }

    /// <summary>Completes the sums of a step, after its last batch and before its gradients are used.</summary>
    public virtual void CompleteGradients()
    {
        foreach (var (i, embedding) in embeddings)
        {
            var gradient = Gradient(i);
            Elementwise.Add(Device, gradient, embedding.View, gradient, gradient.Length);
        }
    }

    public ArrayView<float> Gradient(int parameter) => ParameterGradients[parameter];

    /// <summary>Makes one step of AdamW. An empty <paramref name="scale"/> of the gradients means 1.</summary>
    public void Step(StepSettings settings, ArrayView<float> scale)
    {
        Steps++;
        Update(settings, new AdamWArgs
        {
            LearningRate = settings.LearningRate,
            Beta1 = Beta1,
            Beta2 = Beta2,
            Epsilon = Epsilon,
            WeightDecay = settings.WeightDecay,
            Step = Steps,
            GradientScale = scale,
        });
    }

    /// <summary>Continues after a number of steps, once <see cref="Saved"/> is written.</summary>
    public virtual void GoOn(long steps) => Steps = steps;

    /// <summary>A parameter that is no matrix, on the device; empty for a matrix.</summary>
    public ArrayView<float> Dense(TrainedParameter parameter) => parameter switch
    {
        { Vector: { } vector } => Weights.Stacked(vector),
        { Dense: { } dense } => Weights.Dense(dense),
        _ => Device.Empty<float>(),
    };

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        ParameterGradients.Dispose();
        foreach (var embedding in embeddings.Values)
            embedding.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Changes the trained parameters. The arguments have no parameter yet.</summary>
    private protected abstract void Update(StepSettings settings, AdamWArgs args);

    private protected PackedWeights? Rounded(Matrix? matrix) =>
        matrix is not null && Weights.FormatOf(matrix).Is16Bits() ? Weights.Packed(matrix) : null;

    private protected long RoundedBytes =>
        Parameters.Sum(parameter => Rounded(parameter.Matrix) is null ? 0 : parameter.Length * sizeof(ushort));
}
