using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>The length of a step's gradient, and the factor that takes the loss scale out of it and keeps it below a limit.</summary>
/// <param name="device">Where the gradients are.</param>
internal sealed class GradientScale(Device device) : IDisposable
{
    private readonly DeviceBuffer<float> total = device.Allocate<float>(GradientNorm.TotalLength);
    private readonly DeviceBuffer<float> state = device.Allocate<float>(GradientNorm.StateLength);

    /// <summary>AdamW's factor of gradients.</summary>
    public ArrayView<float> Factor => state.View.SubView(1, 1);

    /// <summary>Measures gradients; the factor is there for the device's next step.</summary>
    /// <param name="gradients">All gradients.</param>
    /// <param name="clip">The largest length; infinity for no limit.</param>
    /// <param name="lossScale">The divisor of the gradients.</param>
    /// <returns>The length of the divided gradient before it is clipped, and whether it is a number.</returns>
    public (double Norm, bool IsFinite) Measure(ArrayView<float> gradients, double clip, double lossScale)
    {
        total.CopyFrom(new float[GradientNorm.TotalLength]);
        GradientNorm.AddSquares(device, gradients, gradients.Length, total.View);
        GradientNorm.ClipScale(device, total.View, state.View, (float)clip, (float)(1 / lossScale));
        var measured = state.ToArray();
        return (measured[0], measured[2] != 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        total.Dispose();
        state.Dispose();
    }
}
