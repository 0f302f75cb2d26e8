using System.Runtime.InteropServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The weights of a linear layer, [out, in] in the checkpoint, as the kernels read them: panels of 64 outputs, <c>[out / 64, in, 64]</c>,
/// the last one filled up with zeros, so that one vector load gives the same k of neighbouring outputs. <see cref="WeightFormat.Int8"/>
/// keeps two k side by side, <c>[out / 64, in / 2, 64, 2]</c>, with the scales of the outputs behind the panels.
/// An embedding table that is tied to an output layer is read from the same memory.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    /// <summary>Outputs per panel.</summary>
    public const int PanelWidth = 64;

    // Scales start where a kernel's argument may.
    private const int ScaleAlignment = 256;

    private readonly DeviceBuffer<byte> storage;
    private readonly bool inPlace;
    private byte[]? staging;

    private PackedWeights(Device device, int outFeatures, int inFeatures, WeightFormat format)
    {
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        Format = format;
        inPlace = device.Kind == DeviceKind.Cpu;
        storage = device.Allocate<byte>(Bytes);
        if (!inPlace)
            staging = GC.AllocateArray<byte>(checked((int)Bytes), pinned: true);
    }

    /// <summary>Rows of the checkpoint's matrix.</summary>
    public int OutFeatures { get; }

    /// <summary>Columns of the checkpoint's matrix.</summary>
    public int InFeatures { get; }

    /// <summary>How the weights are stored.</summary>
    public WeightFormat Format { get; }

    /// <summary>Number of panels: out / 64, rounded up.</summary>
    public int Panels => (OutFeatures + PanelWidth - 1) / PanelWidth;

    /// <summary>Bytes on the device: panels, and scales where the format has them.</summary>
    public long Bytes => Format == WeightFormat.Int8 ? ScaleOffset + ((long)Panels * PanelWidth * sizeof(float)) : PanelBytes;

    /// <summary>All that is stored, <see cref="Bytes"/> long: the panels, and behind them the scales where the format has them.</summary>
    public ArrayView<byte> Storage => storage.View;

    /// <summary>The panels, where the format is <see cref="WeightFormat.Float32"/>; otherwise the default view.</summary>
    public ArrayView<float> Float32 => Format == WeightFormat.Float32 ? storage.View.Cast<float>() : default;

    /// <summary>The panels, where the format has 16 bits; otherwise the default view.</summary>
    public ArrayView<ushort> Bits16 => Format is WeightFormat.Float16 or WeightFormat.BFloat16 ? storage.View.Cast<ushort>() : default;

    /// <summary>The panels, where the format is <see cref="WeightFormat.Int8"/>; otherwise the default view.</summary>
    public ArrayView<sbyte> Int8 => Format == WeightFormat.Int8 ? storage.View.SubView(0, PanelBytes).Cast<sbyte>() : default;

    /// <summary>What the products of each output are multiplied with <c>[panels · 64]</c>; the default view where the format has no scales.</summary>
    public ArrayView<float> Scales => Format == WeightFormat.Int8 ? storage.View.SubView(ScaleOffset, Bytes - ScaleOffset).Cast<float>() : default;

    private long PanelBytes => Panels * Format switch
    {
        WeightFormat.Float32 => (long)Float32Weights.PanelLength(InFeatures) * sizeof(float),
        WeightFormat.Int8 => Int8Weights.PanelLength(InFeatures),
        _ => (long)Float16Weights.PanelLength(InFeatures) * sizeof(ushort),
    };

    private long ScaleOffset => (PanelBytes + ScaleAlignment - 1) / ScaleAlignment * ScaleAlignment;

    /// <summary>Makes room for a matrix of zeros.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the format is not one that exists.</exception>
    public static PackedWeights Allocate(Device device, int outFeatures, int inFeatures, WeightFormat format)
    {
        ShapeCheck.AtLeast(outFeatures, 1, nameof(outFeatures));
        ShapeCheck.Within(inFeatures, 1, (int.MaxValue / PanelWidth) - 1, nameof(inFeatures));
        if (!Enum.IsDefined(format))
            throw new ArgumentException($"{(int)format} is not a weight format.", nameof(format));
        return new PackedWeights(device, outFeatures, inFeatures, format);
    }

    /// <summary>The element of the panels that holds column <paramref name="column"/> of row <paramref name="row"/>.</summary>
    public long Index(int row, int column)
    {
        var (panel, output) = ((long)(row / PanelWidth), row % PanelWidth);
        return Format == WeightFormat.Int8
            ? (panel * Int8Weights.PanelLength(InFeatures)) + Int8Weights.Place(column, output)
            : (panel * Float32Weights.PanelLength(InFeatures)) + Float32Weights.Place(column, output);
    }

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
        // The staging array is pinned.
        var target = inPlace ? Cpu.Pointer(storage.View) : (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(staging!, 0);
        fixed (float* source = rows)
        {
            switch (Format)
            {
                case WeightFormat.Float32: WeightPacking.Pack(source, firstRow, count, InFeatures, (float*)target); break;
                case WeightFormat.Int8: WeightPacking.Pack(source, firstRow, count, InFeatures, (sbyte*)target, (float*)(target + ScaleOffset)); break;
                default: WeightPacking.Pack(source, firstRow, count, InFeatures, (ushort*)target, Format); break;
            }
        }
    }

    /// <summary>Sends what was filled to the device, where it was not written there at once, and frees the copy on the host.</summary>
    public void Upload()
    {
        if (staging is not null)
            storage.CopyFrom(staging);
        staging = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        storage.Dispose();
        staging = null;
    }
}
