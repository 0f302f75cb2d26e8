using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The weights of a linear layer, [out, in] in the checkpoint, as the kernels read them: panels of 64 outputs, <c>[out / 64, in, 64]</c>,
/// the last one filled up with zeros. Element k of row n lies at <c>((n / 64) · in + k) · 64 + n % 64</c> (<see cref="Index"/>), so that
/// one vector load gives the same k of neighbouring outputs. An embedding table that is tied to an output layer is read from the same memory.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    /// <summary>Outputs per panel.</summary>
    public const int PanelWidth = 64;

    private readonly DeviceBuffer<float>? floats;
    private readonly DeviceBuffer<ushort>? bits;
    private readonly bool inPlace;
    private Array? staging;

    private PackedWeights(Device device, int outFeatures, int inFeatures, WeightFormat format)
    {
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        Format = format;
        inPlace = device.Kind == DeviceKind.Cpu;
        if (format == WeightFormat.Float32)
            floats = device.Allocate<float>(Elements);
        else
            bits = device.Allocate<ushort>(Elements);
        if (!inPlace)
            staging = format == WeightFormat.Float32
                ? GC.AllocateArray<float>(checked((int)Elements), pinned: true)
                : GC.AllocateArray<ushort>(checked((int)Elements), pinned: true);
    }

    /// <summary>Rows of the checkpoint's matrix.</summary>
    public int OutFeatures { get; }

    /// <summary>Columns of the checkpoint's matrix.</summary>
    public int InFeatures { get; }

    /// <summary>How the weights are stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>Number of panels: out / 64, rounded up.</summary>
    public int Panels => (OutFeatures + PanelWidth - 1) / PanelWidth;

    /// <summary>Bytes on the device.</summary>
    public long Bytes => Elements * (Format == WeightFormat.Float32 ? sizeof(float) : sizeof(ushort));

    /// <summary>The panels, where the format is <see cref="WeightFormat.Float32"/>; otherwise the default view.</summary>
    public ArrayView<float> Float32 => floats is null ? default : floats.View;

    /// <summary>The panels, where the format has 16 bits; otherwise the default view.</summary>
    public ArrayView<ushort> Bits16 => bits is null ? default : bits.View;

    private long Elements => (long)Panels * InFeatures * PanelWidth;

    /// <summary>Makes room for a matrix of zeros.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the format is not one that exists.</exception>
    public static PackedWeights Allocate(Device device, int outFeatures, int inFeatures, WeightFormat format)
    {
        ShapeCheck.AtLeast(outFeatures, 1, nameof(outFeatures));
        ShapeCheck.Within(inFeatures, 1, int.MaxValue / PanelWidth, nameof(inFeatures));
        if (format is < WeightFormat.Float32 or > WeightFormat.BFloat16)
            throw new ArgumentException($"{(int)format} is not a weight format.", nameof(format));
        return new PackedWeights(device, outFeatures, inFeatures, format);
    }

    /// <summary>Where element <paramref name="column"/> of row <paramref name="row"/> lies; also usable in kernels.</summary>
    public static long Index(int row, int column, int inFeatures) => ((((long)(row / PanelWidth) * inFeatures) + column) * PanelWidth) + (row % PanelWidth);

    /// <summary>
    /// Packs whole rows, on several cores where there are many. Any thread may call it, also several at once for different rows.
    /// </summary>
    /// <param name="firstRow">The row where they go.</param>
    /// <param name="rows">[n, in], as the checkpoint has them.</param>
    /// <exception cref="ArgumentException">These are no whole rows, or they do not fit.</exception>
    /// <exception cref="InvalidOperationException">The weights were uploaded already.</exception>
    public void Fill(int firstRow, ReadOnlySpan<float> rows)
    {
        if (rows.Length % InFeatures != 0)
            throw new ArgumentException($"{rows.Length} elements are no whole rows of {InFeatures}.", nameof(rows));
        var count = rows.Length / InFeatures;
        if (firstRow < 0 || (long)firstRow + count > OutFeatures)
            throw new ArgumentException($"Rows {firstRow} to {(long)firstRow + count - 1} are not in a matrix of {OutFeatures} rows.", nameof(firstRow));
        if (!inPlace && staging is null)
            throw new InvalidOperationException("The weights were uploaded already: fill every row before.");
        if (count == 0)
            return;
        fixed (float* source = rows)
        {
            if (Format == WeightFormat.Float32)
                WeightPacking.Pack(source, firstRow, count, InFeatures, Target(floats!));
            else
                WeightPacking.Pack(source, firstRow, count, InFeatures, Target(bits!), Format);
        }
    }

    /// <summary>Sends what was filled to the device, where it was not written there at once, and frees the copy on the host.</summary>
    public void Upload()
    {
        if (staging is float[] values)
            floats!.CopyFrom(values);
        else if (staging is ushort[] halves)
            bits!.CopyFrom(halves);
        staging = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        floats?.Dispose();
        bits?.Dispose();
        staging = null;
    }

    // Staging arrays are pinned.
    private T* Target<T>(DeviceBuffer<T> buffer)
        where T : unmanaged => inPlace ? Cpu.Pointer(buffer.View) : (T*)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(staging!, 0);
}
