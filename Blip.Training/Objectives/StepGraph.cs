using Blip.Kernels;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;

namespace Blip.Training.Objectives;

/// <summary>One step's graph, forward and backward: losses are outputs, gradients are added to inputs.</summary>
internal sealed record StepGraph(ComputeGraph Graph, IReadOnlyCollection<TrainedParameter> Parameters, DType Precision)
{
    /// <summary>The output with an objective's weighted losses, one a row.</summary>
    public static string LossOf(string objective) => $"loss.{objective}";
}
