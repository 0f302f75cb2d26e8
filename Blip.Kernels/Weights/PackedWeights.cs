using System.Diagnostics;
using System.Runtime.InteropServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// A linear layer's weights, [out, in] in the checkpoint, as kernels read them: panels of 64 outputs, <c>[out / 64, in, 64]</c>,
/// the last one padded with zeros. One vector load gives the same k of neighbouring outputs. <see cref="DType.Int8"/>
/// and <see cref="DType.W8A8"/> keep two k side by side, <c>[out / 64, in / 2, 64, 2]</c>, and the outputs' scales behind the panels.
/// The sums of each output's weights follow for <see cref="DType.W8A8"/>. A tied embedding table shares this memory.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    /// <summary>Outputs per panel.</summary>
    public const int PanelWidth = WeightPanel.Width;

    // Sums of 66_312 products of at most 254 · 127 fit 32 bits.
    private const int MaxQuantisedInputs = 66_312;

    // Scales start at a kernel argument's alignment.
    private const int ScaleAlignment = 256;

    /// <summary>Raised whenever the same weights pack to other bytes: older packed weights are refused.</summary>
    public const int LayoutVersion = 1;

    private readonly DeviceBuffer<byte>? own;
    private readonly bool inPlace;
    private byte[]? staging;

    private PackedWeights(Device device, int outFeatures, int inFeatures, DType format, ArrayView<byte>? memory)
    {
        (OutFeatures, InFeatures, Format) = (outFeatures, inFeatures, format);
        Bytes = BytesOf(outFeatures, inFeatures, format);
        if (memory is { } given && given.Length != Bytes)
            throw new ArgumentException(
                $"{given.Length} bytes are not the {Bytes} of [{outFeatures}, {inFeatures}] in {format}.", nameof(memory));
        inPlace = device.Kind == DeviceKind.Cpu;
        own = memory is null ? device.Allocate<byte>(Bytes) : null;
        Storage = memory ?? own!.View;
    }

    /// <summary>Rows of the checkpoint's matrix.</summary>
    public int OutFeatures { get; }

    /// <summary>Columns of the checkpoint's matrix.</summary>
    public int InFeatures { get; }

    /// <summary>Storage of the weights.</summary>
    public DType Format { get; }

    /// <summary>Panels: out / 64, rounded up.</summary>
    public int Panels => (int)PanelsOf(OutFeatures);

    /// <summary>Bytes of panels, scales and sums on the device.</summary>
    public long Bytes { get; }

    /// <summary>Panels, then scales and sums if the format has them; <see cref="Bytes"/> long.</summary>
    public ArrayView<byte> Storage { get; }

    /// <summary>The panels in <see cref="DType.Float32"/>; otherwise the default view.</summary>
    public ArrayView<float> Float32 => Format == DType.Float32 ? Storage.Cast<float>() : default;

    /// <summary>The panels in 16 bits; otherwise the default view.</summary>
    public ArrayView<ushort> Bits16 => Format.Is16Bits() ? Storage.Cast<ushort>() : default;

    /// <summary>The panels in whole numbers; otherwise the default view.</summary>
    public ArrayView<sbyte> Int8 =>
        Format.IsQuantised() ? Storage.SubView(0, PanelBytes(OutFeatures, InFeatures, Format)).Cast<sbyte>() : default;

    /// <summary>Each output's scale <c>[panels · 64]</c>; the default view without scales.</summary>
    public ArrayView<float> Scales => Format.IsQuantised() ? Storage.SubView(ScaleOffset, ScaleBytes(OutFeatures)).Cast<float>() : default;

    /// <summary>
    /// Sum of each output's whole numbers <c>[panels · 64]</c>. Times an input row's zero point it is subtracted from the row's products.
    /// The default view unless <see cref="DType.W8A8"/>.
    /// </summary>
    public ArrayView<int> WeightSums =>
        Format == DType.W8A8 ? Storage.SubView(ScaleOffset + ScaleBytes(OutFeatures), ScaleBytes(OutFeatures)).Cast<int>() : default;

    private long ScaleOffset => ScalesBehind(PanelBytes(OutFeatures, InFeatures, Format));

    /// <summary>The filled part as stored; empty after the upload to another device.</summary>
    public ReadOnlySpan<byte> Packed => inPlace ? DeviceBuffer<byte>.HostSpan(Storage) : staging;

    /// <summary>Allocates a matrix of zeros.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the format does not exist.</exception>
    public static PackedWeights Allocate(Device device, int outFeatures, int inFeatures, DType format)
    {
        var weights = new PackedWeights(device, outFeatures, inFeatures, format, null);
        if (!weights.inPlace)
            weights.staging = GC.AllocateArray<byte>(checked((int)weights.Bytes), pinned: true);
        return weights;
    }

    /// <summary>
    /// A matrix in the caller's memory, already packed or packed there by a kernel. On <see cref="DeviceKind.Cpu"/> it may
    /// hold zeros to be filled.
    /// </summary>
    /// <param name="device">The memory's device.</param>
    /// <param name="outFeatures">Rows.</param>
    /// <param name="inFeatures">Columns.</param>
    /// <param name="format">Storage format.</param>
    /// <param name="memory"><see cref="BytesOf"/> bytes at a multiple of 64, with 64 more behind them; they outlive the matrix.</param>
    /// <exception cref="ArgumentException">A size is below 1, the format does not exist, or the memory has another size.</exception>
    public static PackedWeights In(Device device, int outFeatures, int inFeatures, DType format, ArrayView<byte> memory) =>
        new(device, outFeatures, inFeatures, format, memory);

    /// <summary>A matrix that was packed earlier, on any device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="outFeatures">Rows.</param>
    /// <param name="inFeatures">Columns.</param>
    /// <param name="format">Storage format.</param>
    /// <param name="packed">Earlier <see cref="Packed"/>.</param>
    /// <exception cref="ArgumentException">A size is below 1, the format does not exist, or the number of bytes differs.</exception>
    public static PackedWeights Upload(Device device, int outFeatures, int inFeatures, DType format, ReadOnlySpan<byte> packed)
    {
        if (packed.Length != BytesOf(outFeatures, inFeatures, format))
            throw new ArgumentException(
                $"{packed.Length} bytes are not those of [{outFeatures}, {inFeatures}] in {format}.", nameof(packed));
        var weights = new PackedWeights(device, outFeatures, inFeatures, format, null);
        weights.own!.CopyFrom(packed);
        return weights;
    }

    /// <summary>Bytes of a matrix with its scales and sums.</summary>
    /// <exception cref="ArgumentException">
    /// A size is below 1, the format does not exist, or rows of <see cref="DType.W8A8"/> are too long for 32-bit sums.
    /// </exception>
    public static long BytesOf(int outFeatures, int inFeatures, DType format)
    {
        ShapeCheck.AtLeast(outFeatures, 1, nameof(outFeatures));
        ShapeCheck.Within(inFeatures, 1, (int.MaxValue / PanelWidth) - 1, nameof(inFeatures));
        DTypes.CheckWeight(format, nameof(format));
        if (format == DType.W8A8)
            ShapeCheck.Within(inFeatures, 1, MaxQuantisedInputs, nameof(inFeatures));
        var panels = PanelBytes(outFeatures, inFeatures, format);
        return format.IsQuantised() ? ScalesBehind(panels) + (ScaleBytes(outFeatures) * (format == DType.W8A8 ? 2 : 1)) : panels;
    }

    /// <summary>Index in the panels of column <paramref name="column"/> of row <paramref name="row"/>.</summary>
    public long Index(int row, int column)
    {
        var (panel, output) = ((long)(row / PanelWidth), row % PanelWidth);
        return Format.IsQuantised()
            ? (panel * Int8Weights.PanelLength(InFeatures)) + Int8Weights.Place(column, output)
            : (panel * Float32Weights.PanelLength(InFeatures)) + Float32Weights.Place(column, output);
    }

    /// <summary>Packs whole rows, on several cores if there are many. Threads may fill different rows at once.</summary>
    /// <param name="firstRow">The first row's number.</param>
    /// <param name="rows">[n, in], as in the checkpoint.</param>
    /// <exception cref="ArgumentException">The rows are not whole or do not fit.</exception>
    /// <exception cref="InvalidOperationException">The weights were uploaded already.</exception>
    public void Fill(int firstRow, ReadOnlySpan<float> rows)
    {
        if (rows.Length % InFeatures != 0)
            throw new ArgumentException($"{rows.Length} elements are no whole rows of {InFeatures}.", nameof(rows));
        var count = rows.Length / InFeatures;
        if (firstRow < 0 || (long)firstRow + count > OutFeatures)
            throw new ArgumentException(
                $"Rows {firstRow} to {(long)firstRow + count - 1} are not in a matrix of {OutFeatures} rows.", nameof(firstRow));
        if (!inPlace && staging is null)
            throw new InvalidOperationException("The weights were uploaded already: fill every row before.");
        if (count == 0)
            return;
        // The staging array is pinned.
        var target = inPlace ? Cpu.Pointer(Storage) : (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(staging!, 0);
        fixed (float* source = rows)
        {
            switch (Format)
            {
                case DType.Float32: WeightPacking.Pack(source, firstRow, count, InFeatures, (float*)target); break;
                case DType.Int8 or DType.W8A8:
                    var sums = Format == DType.W8A8 ? (int*)(target + ScaleOffset + ScaleBytes(OutFeatures)) : null;
                    WeightPacking.Pack(source, firstRow, count, InFeatures, (sbyte*)target, (float*)(target + ScaleOffset), sums);
                    break;
                case DType.Float16 or DType.BFloat16:
                    WeightPacking.Pack(source, firstRow, count, InFeatures, (ushort*)target, Format);
                    break;
                default: throw new UnreachableException($"Nothing packs {Format}.");
            }
        }
    }

    /// <summary>Copies the filled part to the device if needed, and frees the host's copy.</summary>
    public void Upload()
    {
        if (staging is not null)
            own!.CopyFrom(staging);
        staging = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        own?.Dispose();
        staging = null;
    }

    private static long PanelsOf(int outFeatures) => ((long)outFeatures + PanelWidth - 1) / PanelWidth;

    private static long PanelBytes(int outFeatures, int inFeatures, DType format) => PanelsOf(outFeatures) * format.Bytes() * format switch
    {
        DType.Float32 or DType.Float16 or DType.BFloat16 => Float32Weights.PanelLength(inFeatures),
        DType.Int8 or DType.W8A8 => Int8Weights.PanelLength(inFeatures),
        _ => throw new UnreachableException($"A panel of {format} has no size."),
    };

    private static long ScaleBytes(int outFeatures) => PanelsOf(outFeatures) * PanelWidth * sizeof(float);

    private static long ScalesBehind(long panels) => (panels + ScaleAlignment - 1) / ScaleAlignment * ScaleAlignment;
}
