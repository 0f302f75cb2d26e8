using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>Device memory with a part for each parameter, initially zero.</summary>
internal sealed class ParameterMemory : IDisposable
{
    private readonly IReadOnlyList<long> lengths;
    private readonly long[] offsets;
    private readonly DeviceBuffer<float> buffer;

    public ParameterMemory(Device device, IReadOnlyList<long> lengths)
    {
        this.lengths = lengths;
        offsets = new long[lengths.Count + 1];
        // Whole cache lines, so that two parameters share none.
        for (var i = 0; i < lengths.Count; i++)
            offsets[i + 1] = offsets[i] + ((lengths[i] + 15) / 16 * 16);
        buffer = device.Allocate<float>(offsets[^1]);
    }

    /// <summary>All parts, and the zeros between them.</summary>
    public ArrayView<float> All => buffer.View;

    public ArrayView<float> this[int parameter] => buffer.View.SubView(offsets[parameter], lengths[parameter]);

    /// <inheritdoc/>
    public void Dispose() => buffer.Dispose();
}
