using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Activation functions as separate kernels; most run as the epilogue of a <see cref="Gemm"/> instead.</summary>
/// <remarks>
/// Variants: <see cref="ActivationsSimd{TActivation}"/> on the CPU accelerator, <see cref="ActivationsPortable"/> on every other device.
/// Times: docs/measurements.
/// </remarks>
public static class Activations
{
    /// <summary>y = f(x) for each element; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="x">[count].</param>
    /// <param name="y">[count].</param>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="kind">The function; <see cref="Activation.None"/> copies.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The function is not one that exists.</exception>
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, long count, Activation kind)
    {
        ActivationFunctions.Check(kind);
        ShapeCheck.Within(count, 0, long.MaxValue, nameof(count));
        ShapeCheck.Holds(x, count, nameof(x), "[count]");
        ShapeCheck.Holds(y, count, nameof(y), "[count]");
        if (count == 0)
            return;
        if (kind == Activation.None)
            x.SubView(0, count).CopyTo(device.Stream, y.SubView(0, count));
        else
            ActivationFunctions.Use(kind, new Launch(device, x, y, count));
    }

    private readonly struct Launch(Device device, ArrayView<float> x, ArrayView<float> y, long count) : IActivationUse
    {
        void IActivationUse.With<TActivation>()
        {
            if (device.RunsPortable)
                ActivationsPortable.Run<TActivation>(device, x, y, count);
            else
                device.LaunchVectors(new ActivationsSimd<TActivation>(x, y, count));
        }
    }
}
