using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>Values of a contrast that change from step to step; the trainer sets them before each run.</summary>
internal sealed class ContrastState
{
    /// <summary>The weight of the momentum features' similarities in the targets.</summary>
    public double Alpha { get; set; }

    /// <summary>The factor of the losses: the batch's share of a step, and a scale.</summary>
    public double Share { get; set; } = 1;

    /// <summary>Filled rows of the queue.</summary>
    public int QueueLength { get; set; }
}

/// <summary>
/// One direction of the image-text contrast with momentum features, a queue and soft targets (ALBEF, Li et al. 2021, eq. 6): a batch's
/// losses, and the gradient of their sum with respect to its features.
/// </summary>
/// <param name="Name">The module.</param>
/// <param name="Features">Vectors of length one <c>[n, dim]</c>.</param>
/// <param name="Momentum">The momentum copy's vectors of the same side <c>[n, dim]</c>.</param>
/// <param name="Other">The momentum copy's vectors of the other side <c>[n, dim]</c>.</param>
/// <param name="Queue">Those of earlier batches <c>[queue, dim]</c>; null for none.</param>
/// <param name="Keys">Numbers of the batch's images <c>[n]</c>: equal ones belong together.</param>
/// <param name="QueueKeys">Numbers of the queue's images <c>[queue]</c>; null for no queue.</param>
/// <param name="Temperature">The divisor of similarities, one number.</param>
/// <param name="TemperatureGradient">Its gradient, added to; null where it is not trained.</param>
/// <param name="State">Values set before each run.</param>
/// <param name="Losses">Weighted losses <c>[n]</c>, whose sum is half the batch's mean times its share of the step.</param>
/// <param name="Output">Gradient of that sum with respect to the features.</param>
internal sealed record SoftTargetContrastNode(
    string Name, Value Features, Value Momentum, Value Other, Value? Queue, Value Keys, Value? QueueKeys, Value Temperature,
    Value? TemperatureGradient, ContrastState State, Value Losses, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "SoftTargetContrast";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs =>
        new[] { Features, Momentum, Other, Queue, Keys, QueueKeys, Temperature, TemperatureGradient }.OfType<Value>();

    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output, Losses];

    /// <inheritdoc/>
    public override IEnumerable<Value> Writes => new[] { TemperatureGradient }.OfType<Value>();

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) =>
        6 * sizes.Length(Features) * (sizes.Size(Features, 0) + (Queue is null ? 0 : sizes.Size(Queue, 0)));

    /// <inheritdoc/>
    public override void Run(Plan plan)
    {
        var rows = plan.Size(Features, 0);
        SoftTargetContrast.Run(plan.Device, new SoftTargetContrastArgs
        {
            Features = plan.Floats(Features),
            MomentumFeatures = plan.Floats(Momentum),
            OtherBatch = plan.Floats(Other),
            OtherQueue = Queue is null ? plan.Device.Empty<float>() : plan.Floats(Queue),
            Keys = plan.Ints(Keys),
            QueueKeys = QueueKeys is null ? plan.Device.Empty<int>() : plan.Ints(QueueKeys),
            QueueLength = State.QueueLength,
            Temperature = plan.Floats(Temperature),
            Alpha = (float)State.Alpha,
            RowWeight = (float)(0.5 * State.Share / rows),
            Losses = plan.Floats(Losses),
            FeatureGradient = plan.Floats(Output),
            TemperatureGradient = TemperatureGradient is null ? plan.Device.Empty<float>() : plan.Floats(TemperatureGradient),
            Rows = rows,
            Dim = Features.Shape.Width,
        });
    }
}
