using System.Globalization;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Training.Objectives;

namespace Blip.Training.Engine;

/// <summary>A model under training: weights, gradients, and the plans of its step.</summary>
internal sealed class TrainedModel : IDisposable
{
    // Values that depend on parameters alone change with each step.
    internal const PassSet Passes = PassSet.All & ~PassSet.Constants;

    private readonly Executor executor;
    private readonly StepPlans plans;

    /// <summary>Puts the weights of a step on a device, which the caller keeps. The checkpoint must stay open until the end.</summary>
    public TrainedModel(Device device, ITensorSource source, StepGraph step, TrainingOptions? options = null)
    {
        Device = device;
        Weights = new WeightStore(device, source, _ => step.Precision);
        executor = new Executor(device, Weights, Passes);
        var graph = executor.Optimize(step.Graph);
        Weights.Load(graph);
        Trained = options is { LoraRank: > 0 } lora
            ? new LoraWeights(
                device, Weights, step.Parameters,
                new LoraConfig { Rank = lora.LoraRank, Alpha = lora.LoraAlpha ?? 2 * lora.LoraRank }, lora.Seed)
            : new FullWeights(device, Weights, step.Parameters);
        Inputs = new StepInputs(device);
        plans = new StepPlans(executor, graph);
    }

    public Device Device { get; }

    public WeightStore Weights { get; }

    /// <summary>The trained part of the weights.</summary>
    public TrainedWeights Trained { get; }

    public StepInputs Inputs { get; }

    /// <summary>Largest workspace of a batch so far, in bytes.</summary>
    public long WorkspaceBytes { get; private set; }

    /// <summary>The step's plan for a batch, with the gradients bound.</summary>
    /// <exception cref="TrainingException">The batch does not fit into the device's memory.</exception>
    public Plan PlanFor(IEnumerable<(string Symbol, int Size)> batch)
    {
        var plan = Fitting(batch);
        Trained.Bind(plan);
        WorkspaceBytes = Math.Max(WorkspaceBytes, plan.WorkspaceBytes);
        return plan;
    }

    /// <summary>Checks a batch's memory without running it.</summary>
    /// <exception cref="TrainingException">The batch does not fit into the device's memory.</exception>
    public void CheckMemory(IEnumerable<(string Symbol, int Size)> batch) => Fitting(batch);

    /// <summary>The losses by objective, each the sum of its rows.</summary>
    public static IReadOnlyDictionary<string, double> ReadLosses(Plan plan) => plan.Graph.Outputs.Keys
        .Where(name => name.StartsWith(StepGraph.LossOf(""), StringComparison.Ordinal))
        .ToDictionary(name => name[StepGraph.LossOf("").Length..], name => plan.ReadOutput(name).Sum(loss => (double)loss));

    /// <inheritdoc/>
    public void Dispose()
    {
        plans.Dispose();
        Inputs.Dispose();
        Trained.Dispose();
        executor.Dispose();
        Weights.Dispose();
    }

    private Plan Fitting(IEnumerable<(string Symbol, int Size)> batch)
    {
        var plan = plans.Get(batch);
        if (plan.WorkspaceBytes > Device.Description.MemoryBytes)
        {
            throw new TrainingException(string.Create(
                CultureInfo.InvariantCulture,
                $"the values of a batch need {plan.WorkspaceBytes / 1e9:F1} GB, and {Device.Name} has "
                    + $"{Device.Description.MemoryBytes / 1e9:F1} GB: ")
                + "give a smaller BatchSize (with a larger Accumulate), a smaller ImageSize, or CheckpointLayers.");
        }
        return plan;
    }
}
