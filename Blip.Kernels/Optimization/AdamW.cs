using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// One step of Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), in the order of <c>torch.optim.AdamW</c>:
/// <c>p *= 1 - lr · decay; m += (1 - b1)(g - m); v = b2 · v + (1 - b2) g²; p -= lr / (1 - b1^t) · m / (√v / √(1 - b2^t) + eps)</c>.
/// </summary>
/// <remarks>
/// Variants: <see cref="AdamWSimd"/> (CPU), <see cref="AdamWPortable"/>. Both read and write each array once.
/// </remarks>
public static class AdamW
{
    /// <summary>
    /// Updates a parameter and its moments. Its 16-bit copy is rounded to nearest, ties to even. Padding of the last panel stays zero. A
    /// gradient that is not finite makes its element NaN: check <see cref="GradientNorm"/> first.
    /// </summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and constants, combined in double.</param>
    /// <exception cref="ArgumentException">
    /// A view is too short, a number is out of range, or not exactly one parameter is given.
    /// </exception>
    public static void Run(Device device, in AdamWArgs args)
    {
        var length = Check(args);
        var constants = new AdamWConstants(args);
        if (length == 0)
            return;
        if (device.RunsPortable)
            AdamWPortable.Run(device, args, constants, length);
        else
            AdamWSimd.Run(device, args, constants, length);
    }

    private static long Check(in AdamWArgs args)
    {
        if (args.Weights is not null == args.Parameter.Length > 0 && (args.Weights is not null || args.Length > 0))
            throw new ArgumentException("Give either Parameter with its Length, or Weights.", nameof(args));
        CheckMatrices(args.Weights, args.Rounded);
        ShapeCheck.Within(args.Length, 0, long.MaxValue, nameof(args.Length));
        var length = args.Weights is { } matrix ? (long)matrix.InFeatures * matrix.OutFeatures : args.Length;
        var shape = args.Weights is null ? "[Length]" : "[in, out]";
        if (args.Weights is null)
            ShapeCheck.Holds(args.Parameter, length, nameof(args.Parameter), shape);
        ShapeCheck.Holds(args.Gradient, length, nameof(args.Gradient), shape);
        ShapeCheck.Holds(args.FirstMoment, length, nameof(args.FirstMoment), shape);
        ShapeCheck.Holds(args.SecondMoment, length, nameof(args.SecondMoment), shape);
        ShapeCheck.Within(args.Step, 1, long.MaxValue, nameof(args.Step));
        Between(args.Beta1, 0, 1, nameof(args.Beta1));
        Between(args.Beta2, 0, 1, nameof(args.Beta2));
        Between(args.LearningRate, 0, double.PositiveInfinity, nameof(args.LearningRate));
        Between(args.Epsilon, 0, double.PositiveInfinity, nameof(args.Epsilon));
        Between(args.WeightDecay, 0, double.PositiveInfinity, nameof(args.WeightDecay));
        return length;
    }

    private static void CheckMatrices(PackedWeights? weights, PackedWeights? rounded)
    {
        if (weights is not null && weights.Format != DType.Float32)
            throw new ArgumentException(
                $"Weights are {weights.Format}; a step updates Float32, and rounds it to Rounded.", nameof(weights));
        if (rounded is null)
            return;
        if (!rounded.Format.Is16Bits())
            throw new ArgumentException($"Rounded is {rounded.Format}; weights are rounded to 16 bits.", nameof(rounded));
        if ((weights?.OutFeatures, weights?.InFeatures) != (rounded.OutFeatures, rounded.InFeatures))
            throw new ArgumentException($"Rounded is [{rounded.OutFeatures}, {rounded.InFeatures}]; Weights are not.", nameof(rounded));
    }

    private static void Between(double value, double least, double end, string name)
    {
        if (!(value >= least && value < end))
            throw new ArgumentException($"{name} is {value}; it must be at least {least} and below {end}.", name);
    }
}

/// <summary>A step's factors, combined in double and rounded once.</summary>
internal readonly struct AdamWConstants
{
    /// <summary>1 - lr · decay.</summary>
    public readonly float Keep;

    /// <summary>1 - b1.</summary>
    public readonly float New1;

    /// <summary>b2.</summary>
    public readonly float Beta2;

    /// <summary>1 - b2.</summary>
    public readonly float New2;

    /// <summary>lr / (1 - b1^t).</summary>
    public readonly float Rate;

    /// <summary>√(1 - b2^t).</summary>
    public readonly float Correction;

    public readonly float Epsilon;

    public AdamWConstants(in AdamWArgs args)
    {
        Keep = (float)(1 - (args.LearningRate * args.WeightDecay));
        New1 = (float)(1 - args.Beta1);
        Beta2 = (float)args.Beta2;
        New2 = (float)(1 - args.Beta2);
        Rate = (float)(args.LearningRate / (1 - Math.Pow(args.Beta1, args.Step)));
        Correction = (float)Math.Sqrt(1 - Math.Pow(args.Beta2, args.Step));
        Epsilon = (float)args.Epsilon;
    }
}
