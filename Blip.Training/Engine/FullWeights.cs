using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>Parameters that are trained directly.</summary>
internal sealed class FullWeights : TrainedWeights
{
    private readonly ParameterMemory first, second;

    /// <inheritdoc cref="TrainedWeights(Device, WeightStore, IEnumerable{TrainedParameter})"/>
    public FullWeights(Device device, WeightStore weights, IEnumerable<TrainedParameter> parameters)
        : base(device, weights, parameters)
    {
        long[] lengths = [.. Parameters.Select(parameter => parameter.Length)];
        (first, second) = (new ParameterMemory(device, lengths), new ParameterMemory(device, lengths));
    }

    /// <inheritdoc/>
    public override long Count => Parameters.Sum(parameter => parameter.Length);

    /// <inheritdoc/>
    public override long Bytes => (4 * sizeof(float) * Count) + RoundedBytes;

    /// <inheritdoc/>
    public override ArrayView<float> Gradients => ParameterGradients.All;

    /// <inheritdoc/>
    public override IReadOnlyList<SavedParameter> Saved =>
    [
        .. Parameters.Select((parameter, i) => new SavedParameter(
            parameter.Name, () => Read(parameter), values => Write(parameter, values), first[i], second[i])),
    ];

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        first.Dispose();
        second.Dispose();
    }

    private protected override void Update(StepSettings settings, AdamWArgs args)
    {
        foreach (var (i, parameter) in Parameters.Index())
        {
            AdamW.Run(Device, args with
            {
                Weights = parameter.Matrix is null ? null : Weights.Master(parameter.Matrix),
                Rounded = Rounded(parameter.Matrix),
                Parameter = Dense(parameter),
                Length = parameter.Length,
                Gradient = Gradient(i),
                FirstMoment = first[i],
                SecondMoment = second[i],
                WeightDecay = settings.DecaysAll || parameter.IsMatrix ? settings.WeightDecay : 0,
            });
        }
    }

    private float[] Read(TrainedParameter parameter) =>
        parameter.Matrix is { } matrix ? Weights.ReadRows(matrix) : Device.Read(Dense(parameter));

    private void Write(TrainedParameter parameter, float[] values)
    {
        if (parameter.Matrix is { } matrix)
            Weights.WriteRows(matrix, values);
        else
            Device.Write<float>(values, Dense(parameter));
    }
}
