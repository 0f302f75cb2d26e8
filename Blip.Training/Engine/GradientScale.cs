using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>The norm of a step's gradient, and the factor that removes the loss scale and clips.</summary>
internal sealed class GradientScale(Device device) : IDisposable
{
    private readonly DeviceBuffer<float> total = device.Allocate<float>(GradientNorm.TotalLength);
    private readonly DeviceBuffer<float> state = device.Allocate<float>(GradientNorm.StateLength);

    /// <summary>AdamW's factor of gradients.</summary>
    public ArrayView<float> Factor => state.View.SubView(1, 1);

    /// <summary>Measures gradients and sets <see cref="Factor"/> on the device.</summary>
    /// <param name="gradients">All gradients.</param>
    /// <param name="clip">The largest norm; infinity for no limit.</param>
    /// <param name="lossScale">The divisor of the gradients.</param>
    /// <returns>The norm after the division and before clipping, and whether it is finite.</returns>
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
