using System.Diagnostics;
using Blip.Runtime.Models;

namespace Blip.Training.Engine;

/// <summary>A loss scale at one step.</summary>
/// <param name="Value">The factor of losses.</param>
/// <param name="GoodSteps">Steps since it changed, all of whose gradients were numbers.</param>
internal readonly record struct LossScaleState(double Value, int GoodSteps);

/// <summary>
/// The factor of the losses that keeps small gradients within half precision (Micikevicius et al. 2018, section 3.2); gradients are divided
/// by it. It follows the rule and the defaults of <c>torch.amp.GradScaler</c>. It is a power of two, so that nothing is rounded by it.
/// </summary>
/// <param name="isDynamic">Whether it is found as the run goes; else it stays 1.</param>
internal sealed class LossScale(bool isDynamic)
{
    /// <summary>The scale of the first step.</summary>
    public const double First = 65536;

    /// <summary>Good steps in a row after which it is doubled.</summary>
    public const int GrowthInterval = 2000;

    // A scale below 1 would make overflows of the model itself look like those of the scale.
    private const double Least = 1;

    /// <summary>Whether it changes.</summary>
    public bool IsDynamic => isDynamic;

    /// <summary>All that it consists of.</summary>
    public LossScaleState State { get; set; } = new(isDynamic ? First : 1, 0);

    /// <summary>The factor of losses.</summary>
    public double Value => State.Value;

    /// <summary>The messages about a run's precision before its first step.</summary>
    public IEnumerable<string> Notice(Precision precision) => precision switch
    {
        Precision.Fp32 => [],
        Precision.Bf16 => ["products run in bf16; weights, gradients, moments and losses are in fp32"],
        Precision.Fp16 => [FormattableString.Invariant(
            $"products run in fp16 with a loss scale of {Value:#,0}; weights, gradients, moments and losses are in fp32")],
        _ => throw new UnreachableException($"Nothing is trained in {precision}."),
    };

    /// <summary>Takes in the outcome of a step.</summary>
    /// <param name="isFinite">Whether its gradients were numbers.</param>
    /// <returns>The message; null for none.</returns>
    public string? Observe(bool isFinite)
    {
        const string Skipped = "the gradient of this step is no number: the step is left out";
        if (!isDynamic)
            return isFinite ? null : $"{Skipped}. If this comes again, lower the learning rate.";
        if (isFinite)
        {
            var good = State.GoodSteps + 1;
            State = good < GrowthInterval ? State with { GoodSteps = good } : new LossScaleState(2 * Value, 0);
            return null;
        }
        var atLeast = Value <= Least;
        State = new LossScaleState(Math.Max(Least, Value / 2), 0);
        return atLeast
            ? $"{Skipped}. The loss scale is at its least, 1: lower the learning rate, or take bf16, whose range is that of fp32."
            : FormattableString.Invariant($"{Skipped}, and the loss scale is lowered to {Value:#,0}.");
    }
}
