using System.Globalization;
using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>The source of a step's random numbers; the trainer sets it before each run.</summary>
internal sealed class StepSeed
{
    /// <summary>The seed.</summary>
    public ulong Value { get; set; }
}

/// <summary>
/// Dropout (Srivastava et al. 2014): some elements become zero, and the others grow by as much. Where an element stands for a whole sample,
/// it is stochastic depth (Huang et al. 2016). The same node over a gradient is the way back, since it draws the same.
/// </summary>
/// <param name="Name">The module.</param>
/// <param name="X">Input <c>[samples, …]</c>.</param>
/// <param name="Probability">The share that becomes zero.</param>
/// <param name="WholeSamples">Whether all elements of a sample share one draw.</param>
/// <param name="Seed">The step's seed.</param>
/// <param name="Stream">Sets its draws apart from those of other nodes of a step.</param>
/// <param name="Output">Result.</param>
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
