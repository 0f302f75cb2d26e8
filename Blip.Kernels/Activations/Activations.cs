using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Activations as separate kernels; most run in a <see cref="Gemm"/>'s epilogue instead.</summary>
/// <remarks>Variants: <see cref="ActivationsSimd{TActivation}"/> (CPU), <see cref="ActivationsPortable"/>.</remarks>
public static class Activations
{
    /// <summary>y = f(x) for each element; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="x">[count].</param>
    /// <param name="y">[count].</param>
    /// <param name="count">Elements, at least 0.</param>
    /// <param name="kind">The function; <see cref="Activation.None"/> copies.</param>
    /// <exception cref="ArgumentException">A view is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such function.</exception>
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
