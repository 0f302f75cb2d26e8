using Blip.Kernels;

namespace Blip.Verification.References;

/// <summary>One element's step.</summary>
internal static class AdamWReference
{
    public static (double Parameter, double First, double Second) Step(
        double parameter, double gradient, double first, double second, in AdamWArgs args)
    {
        parameter *= 1 - (args.LearningRate * args.WeightDecay);
        first = (args.Beta1 * first) + ((1 - args.Beta1) * gradient);
        second = (args.Beta2 * second) + ((1 - args.Beta2) * gradient * gradient);
        var mean = first / (1 - Math.Pow(args.Beta1, args.Step));
        var root = Math.Sqrt(second / (1 - Math.Pow(args.Beta2, args.Step)));
        return (parameter - (args.LearningRate * mean / (root + args.Epsilon)), first, second);
    }
}
