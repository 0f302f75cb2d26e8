using System.Diagnostics;
using Blip.Runtime.Models;

namespace Blip.Training.Engine;

/// <summary>The loss scale at one step.</summary>
/// <param name="Value">The factor of losses.</param>
/// <param name="GoodSteps">Good steps, with finite gradients, since it changed.</param>
internal readonly record struct LossScaleState(double Value, int GoodSteps);

/// <summary>
/// The loss scale keeps small gradients within half precision (Micikevicius et al. 2018, section 3.2). It follows the rule and defaults of
/// <c>torch.amp.GradScaler</c>. As a power of two it rounds nothing.
/// </summary>
/// <param name="isDynamic">False: it stays 1.</param>
internal sealed class LossScale(bool isDynamic)
{
    public const double First = 65536;

    /// <summary>Good steps in a row that double it.</summary>
    public const int GrowthInterval = 2000;

    // Below 1, overflows of the model would look like overflows of the scale.
    private const double Least = 1;

    public bool IsDynamic => isDynamic;

    /// <summary>The whole state.</summary>
    public LossScaleState State { get; set; } = new(isDynamic ? First : 1, 0);

    /// <summary>The factor of losses.</summary>
    public double Value => State.Value;

    /// <summary>Messages about a run's precision.</summary>
    public IEnumerable<string> Notice(Precision precision) => precision switch
    {
        Precision.Fp32 => [],
        Precision.Bf16 => ["products run in bf16; weights, gradients, moments and losses are in fp32"],
        Precision.Fp16 => [FormattableString.Invariant(
            $"products run in fp16 with a loss scale of {Value:#,0}; weights, gradients, moments and losses are in fp32")],
        _ => throw new UnreachableException($"Nothing is trained in {precision}."),
    };

    /// <summary>Takes in whether a step's gradients were finite. The result is a message, or null.</summary>
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
