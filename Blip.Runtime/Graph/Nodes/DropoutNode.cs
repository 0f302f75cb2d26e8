using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>The seed of a step's random numbers; the trainer sets it before each run.</summary>
internal sealed class StepSeed
{
    public ulong Value { get; set; }
}

/// <summary>
/// Dropout (Srivastava et al. 2014) of an input <c>[samples, …]</c>: some elements become zero, and the others grow by as much. With one
/// draw per sample it is stochastic depth (Huang et al. 2016). The backward pass is the same node over a gradient, since it draws the same.
/// The stream separates its draws from other nodes' of a step.
/// </summary>
internal sealed record DropoutNode(string Name, Value X, float Probability, bool WholeSamples, StepSeed Seed, int Stream, Value Output)
    : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => WholeSamples ? "DropPath" : "Dropout";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [X];

    /// <inheritdoc/>
    public override string Attributes => string.Create(CultureInfo.InvariantCulture, $"p={Probability}");

    /// <inheritdoc/>
    public override long Flops(GraphSizes sizes) => sizes.Length(X);

    /// <inheritdoc/>
    public override void Run(Plan plan) => Dropout.Run(plan.Device, new DropoutArgs
    {
        X = plan.Floats(X),
        Y = plan.Floats(Output),
        Length = plan.Length(X),
        ElementsPerDraw = WholeSamples ? checked((int)(plan.Length(X) / plan.Size(X, 0))) : 1,
        Probability = Probability,
        Seed = Seed.Value,
        Stream = Stream,
    });
}
