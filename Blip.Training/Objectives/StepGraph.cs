using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;

namespace Blip.Training.Objectives;

/// <summary>The graph of one step, forward and back: losses are outputs, gradients are added to inputs.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Parameters">The parameters that it has gradients of.</param>
internal sealed record StepGraph(ComputeGraph Graph, IReadOnlyCollection<TrainedParameter> Parameters)
{
    /// <summary>The name of an output that holds the weighted losses of one objective, one for each of its rows.</summary>
    public static string LossOf(string objective) => $"loss.{objective}";
}
