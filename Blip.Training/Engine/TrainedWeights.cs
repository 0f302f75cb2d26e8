using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>The numbers of a step of AdamW.</summary>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">The decay of parameters that decay.</param>
/// <param name="DecaysAll">Whether vectors decay, too.</param>
internal readonly record struct StepSettings(double LearningRate, double WeightDecay, bool DecaysAll);

/// <summary>
/// Parameters that a step changes, on the device, with the gradients that the graph adds to: in one piece of memory, in the order of the
/// parameters. A subclass says what AdamW (Loshchilov and Hutter 2019, algorithm 2) is applied to: the parameters themselves, or a product
/// that is added to them. All of that is in single precision. A matrix that is multiplied in 16 bits is the rounding of one in single
/// precision.
/// </summary>
internal abstract class TrainedWeights : IDisposable
{
    /// <summary>AdamW's decay rates of the moments, as in the authors' code.</summary>
    public const double Beta1 = 0.9, Beta2 = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public const double Epsilon = 1e-8;

    private readonly Dictionary<int, DeviceBuffer<float>> embeddings = [];

    /// <summary>Makes room for the gradients, which are zero.</summary>
    /// <param name="device">Where the weights are.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="parameters">The parameters that a step changes.</param>
    private protected TrainedWeights(Device device, WeightStore weights, IEnumerable<TrainedParameter> parameters)
    {
        (Device, Weights) = (device, weights);
        Parameters = [.. parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)];
        ParameterGradients = new ParameterMemory(device, [.. Parameters.Select(parameter => parameter.Length)]);
        foreach (var (i, parameter) in Parameters.Index().Where(entry => entry.Item.EmbeddingGradient is not null))
            embeddings.Add(i, device.Allocate<float>(parameter.Length));
        // They are read from the checkpoint, and so before the first step.
        foreach (var matrix in Parameters.Select(parameter => parameter.Matrix).OfType<Matrix>())
            weights.Master(matrix);
    }

    /// <summary>The parameters, by name.</summary>
    public IReadOnlyList<TrainedParameter> Parameters { get; }

    /// <summary>Numbers that are trained.</summary>
    public abstract long Count { get; }

    /// <summary>Bytes of weights, gradients and moments on the device.</summary>
    public abstract long Bytes { get; }

    /// <summary>Steps that were made.</summary>
    public long Steps { get; private set; }

    /// <summary>The trained parameters' gradients, whose length is the step's gradient norm.</summary>
    public abstract ArrayView<float> Gradients { get; }

    /// <summary>The trained parameters, for resuming a run.</summary>
    public abstract IReadOnlyList<SavedParameter> Saved { get; }

    private protected Device Device { get; }

    private protected WeightStore Weights { get; }

    private protected ParameterMemory ParameterGradients { get; }

    /// <summary>Binds the gradients that a graph adds to.</summary>
    public void Bind(Plan plan)
    {
        foreach (var (i, parameter) in Parameters.Index())
        {
            plan.Bind(plan.Graph.Input(parameter.Gradient.Name), Gradient(i));
            if (parameter.EmbeddingGradient is { } embedding)
                plan.Bind(plan.Graph.Input(embedding.Name), embeddings[i].View);
        }
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    public void ClearGradients()
    {
        Elementwise.Fill(Device, ParameterGradients.All, ParameterGradients.All.Length);
        foreach (var embedding in embeddings.Values)
            Elementwise.Fill(Device, embedding.View, embedding.Length);
    }

    /// <summary>Ends the sums of a step: behind its last batch, before its gradients are looked at.</summary>
    public virtual void CompleteGradients()
    {
        foreach (var (i, embedding) in embeddings)
        {
            var gradient = Gradient(i);
            Elementwise.Add(Device, gradient, embedding.View, gradient, gradient.Length);
        }
    }

    /// <summary>The gradient of a parameter.</summary>
    public ArrayView<float> Gradient(int parameter) => ParameterGradients[parameter];

    /// <summary>One step of AdamW along the gradients.</summary>
    /// <param name="settings">Learning rate and decay.</param>
    /// <param name="scale">Multiplies the gradients; empty for 1.</param>
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

    /// <summary>Goes on behind a number of steps, after <see cref="Saved"/> was written.</summary>
    /// <param name="steps">Steps that were made.</param>
    public virtual void GoOn(long steps) => Steps = steps;

    /// <summary>A parameter that is no matrix, as it is on the device; empty for a matrix.</summary>
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

    /// <summary>Changes the trained parameters.</summary>
    /// <param name="settings">Learning rate and decay.</param>
    /// <param name="args">The numbers of the step, without a parameter.</param>
    private protected abstract void Update(StepSettings settings, AdamWArgs args);

    private protected PackedWeights? Rounded(Matrix? matrix) =>
        matrix is not null && Weights.FormatOf(matrix).Is16Bits() ? Weights.Packed(matrix) : null;

    private protected long RoundedBytes =>
        Parameters.Sum(parameter => Rounded(parameter.Matrix) is null ? 0 : parameter.Length * sizeof(ushort));
}
