using Blip.Kernels;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;

namespace Blip.Training.Objectives;

/// <summary>The graph of one step, forward and back: losses are outputs, gradients are added to inputs.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Parameters">The parameters that it has gradients of.</param>
/// <param name="Precision">The format of the matrices that it multiplies with, and of the products of its gradients.</param>
internal sealed record StepGraph(ComputeGraph Graph, IReadOnlyCollection<TrainedParameter> Parameters, DType Precision)
{
    /// <summary>The name of an output that holds the weighted losses of one objective, one for each of its rows.</summary>
    public static string LossOf(string objective) => $"loss.{objective}";
}
