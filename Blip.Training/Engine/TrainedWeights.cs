using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>What a step of AdamW is made with.</summary>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="WeightDecay">The decay of parameters that decay.</param>
/// <param name="DecaysAll">Whether vectors decay, too.</param>
internal readonly record struct StepSettings(double LearningRate, double WeightDecay, bool DecaysAll);

/// <summary>
/// Parameters that are trained, on the device: their gradients and AdamW's moments (Loshchilov and Hutter 2019, algorithm 2), each in one piece
/// of memory, in the order of the parameters. All of them are in single precision. A matrix that is multiplied in 16 bits is the rounding of
/// one in single precision, which AdamW changes.
/// </summary>
internal sealed class TrainedWeights : IDisposable
{
    /// <summary>AdamW's decay rates of the moments, as in the authors' code.</summary>
    public const double Beta1 = 0.9, Beta2 = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public const double Epsilon = 1e-8;

    private readonly Device device;
    private readonly WeightStore weights;
    private readonly long[] offsets;
    private readonly DeviceBuffer<float> gradients, first, second;
    private readonly Dictionary<int, DeviceBuffer<float>> embeddings = [];

    /// <summary>Makes room for the gradients and moments, which are zero.</summary>
    /// <param name="device">Where the weights are.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="parameters">Those that are trained.</param>
    public TrainedWeights(Device device, WeightStore weights, IEnumerable<TrainedParameter> parameters)
    {
        (this.device, this.weights) = (device, weights);
        Parameters = [.. parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)];
        offsets = new long[Parameters.Count + 1];
        // Whole cache lines, so that two parameters share none.
        for (var i = 0; i < Parameters.Count; i++)
            offsets[i + 1] = offsets[i] + ((Parameters[i].Length + 15) / 16 * 16);
        gradients = device.Allocate<float>(offsets[^1]);
        first = device.Allocate<float>(offsets[^1]);
        second = device.Allocate<float>(offsets[^1]);
        foreach (var (i, parameter) in Parameters.Index().Where(entry => entry.Item.EmbeddingGradient is not null))
            embeddings.Add(i, device.Allocate<float>(parameter.Length));
        // They are read from the checkpoint, and so before the first step.
        foreach (var matrix in Parameters.Select(parameter => parameter.Matrix).OfType<Matrix>())
            weights.Master(matrix);
    }

    /// <summary>The parameters, by name.</summary>
    public IReadOnlyList<TrainedParameter> Parameters { get; }

    /// <summary>Numbers that are trained.</summary>
    public long Count => Parameters.Sum(parameter => parameter.Length);

    /// <summary>Bytes of weights, gradients and moments on the device.</summary>
    public long Bytes =>
        Parameters.Sum(parameter => parameter.Length * ((4 * sizeof(float)) + (IsRounded(parameter.Matrix) ? sizeof(ushort) : 0)));

    /// <summary>Steps that were made.</summary>
    public long Steps { get; set; }

    /// <summary>Binds the gradients that a graph adds to.</summary>
    public void Bind(Plan plan)
    {
        foreach (var (i, parameter) in Parameters.Index())
        {
            plan.Bind(plan.Graph.Input(parameter.Gradient.Name), Part(gradients, i));
            if (parameter.EmbeddingGradient is { } embedding)
                plan.Bind(plan.Graph.Input(embedding.Name), embeddings[i].View);
        }
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    public void ClearGradients()
    {
        Elementwise.Fill(device, gradients.View, gradients.Length);
        foreach (var embedding in embeddings.Values)
            Elementwise.Fill(device, embedding.View, embedding.Length);
    }

    /// <summary>Ends the sums of a step: behind its last batch, before its gradients are looked at.</summary>
    public void CompleteGradients()
    {
        foreach (var (i, embedding) in embeddings)
        {
            var gradient = Part(gradients, i);
            Elementwise.Add(device, gradient, embedding.View, gradient, gradient.Length);
        }
    }

    /// <summary>The gradient of a parameter.</summary>
    public ArrayView<float> Gradient(int parameter) => Part(gradients, parameter);

    /// <summary>AdamW's moments of a parameter.</summary>
    public (ArrayView<float> First, ArrayView<float> Second) Moments(int parameter) => (Part(first, parameter), Part(second, parameter));

    /// <summary>All gradients, in the order of the parameters.</summary>
    public ArrayView<float> Gradients => gradients.View;

    /// <summary>One step of AdamW along the gradients.</summary>
    /// <param name="settings">Learning rate and decay.</param>
    /// <param name="scale">Multiplies the gradients; empty for 1.</param>
    public void Step(StepSettings settings, ArrayView<float> scale)
    {
        Steps++;
        foreach (var (i, parameter) in Parameters.Index())
        {
            AdamW.Run(device, new AdamWArgs
            {
                Weights = parameter.Matrix is null ? null : weights.Master(parameter.Matrix),
                Rounded = IsRounded(parameter.Matrix) ? weights.Packed(parameter.Matrix!) : null,
                Parameter = Dense(parameter),
                Length = parameter.Length,
                Gradient = Part(gradients, i),
                FirstMoment = Part(first, i),
                SecondMoment = Part(second, i),
                LearningRate = settings.LearningRate,
                Beta1 = Beta1,
                Beta2 = Beta2,
                Epsilon = Epsilon,
                WeightDecay = settings.DecaysAll || parameter.IsMatrix ? settings.WeightDecay : 0,
                Step = Steps,
                GradientScale = scale,
            });
        }
    }

    /// <summary>A parameter that is no matrix, as it is on the device; empty for a matrix.</summary>
    public ArrayView<float> Dense(TrainedParameter parameter) => parameter switch
    {
        { Vector: { } vector } => weights.Stacked(vector),
        { Dense: { } dense } => weights.Dense(dense),
        _ => device.Empty<float>(),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        gradients.Dispose();
        first.Dispose();
        second.Dispose();
        foreach (var embedding in embeddings.Values)
            embedding.Dispose();
    }

    private bool IsRounded(Matrix? matrix) => matrix is not null && weights.FormatOf(matrix).Is16Bits();

    private ArrayView<float> Part(DeviceBuffer<float> buffer, int parameter) => buffer.View.SubView(offsets[parameter], Parameters[parameter].Length);
}
