using System.Diagnostics;
using System.Runtime.InteropServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// The weights of a linear layer, [out, in] in the checkpoint, as the kernels read them: panels of 64 outputs, <c>[out / 64, in, 64]</c>,
/// the last one filled up with zeros, so that one vector load gives the same k of neighbouring outputs. <see cref="DType.Int8"/>
/// and <see cref="DType.W8A8"/> keep two k side by side, <c>[out / 64, in / 2, 64, 2]</c>, with the scales of the outputs behind the panels,
/// and the latter the sum of each output's weights behind these.
/// An embedding table that is tied to an output layer is read from the same memory.
/// </summary>
public sealed unsafe class PackedWeights : IDisposable
{
    /// <summary>Outputs per panel.</summary>
    public const int PanelWidth = WeightPanel.Width;

    // 255 · 127 · 66_312 is what a sum in 32 bits holds.
    private const int MaxQuantisedInputs = 66_312;

    // Scales start where a kernel's argument may.
    private const int ScaleAlignment = 256;

    /// <summary>Raised whenever packing the same weights gives other bytes, so that older packed weights are not accepted.</summary>
    public const int LayoutVersion = 1;

    private readonly DeviceBuffer<byte>? own;
    private readonly bool inPlace;
    private byte[]? staging;

    private PackedWeights(Device device, int outFeatures, int inFeatures, DType format, ArrayView<byte>? memory)
    {
        (OutFeatures, InFeatures, Format) = (outFeatures, inFeatures, format);
        Bytes = BytesOf(outFeatures, inFeatures, format);
        if (memory is { } given && given.Length != Bytes)
            throw new ArgumentException($"{given.Length} bytes are not the {Bytes} of [{outFeatures}, {inFeatures}] in {format}.", nameof(memory));
        inPlace = device.Kind == DeviceKind.Cpu;
        own = memory is null ? device.Allocate<byte>(Bytes) : null;
        Storage = memory ?? own!.View;
    }

    /// <summary>Rows of the checkpoint's matrix.</summary>
    public int OutFeatures { get; }

    /// <summary>Columns of the checkpoint's matrix.</summary>
    public int InFeatures { get; }

    /// <summary>How the weights are stored.</summary>
    public DType Format { get; }

    /// <summary>Number of panels: out / 64, rounded up.</summary>
    public int Panels => (int)PanelsOf(OutFeatures);

    /// <summary>Bytes on the device: panels, and scales and sums where the format has them.</summary>
    public long Bytes { get; }

    /// <summary>All that is stored, <see cref="Bytes"/> long: the panels, and behind them scales and sums where the format has them.</summary>
    public ArrayView<byte> Storage { get; }

    /// <summary>The panels, where the format is <see cref="DType.Float32"/>; otherwise the default view.</summary>
    public ArrayView<float> Float32 => Format == DType.Float32 ? Storage.Cast<float>() : default;

    /// <summary>The panels, where the format has 16 bits; otherwise the default view.</summary>
    public ArrayView<ushort> Bits16 => Format.Is16Bits() ? Storage.Cast<ushort>() : default;

    /// <summary>The panels, where they are whole numbers; otherwise the default view.</summary>
    public ArrayView<sbyte> Int8 => Format.IsQuantised() ? Storage.SubView(0, PanelBytes(OutFeatures, InFeatures, Format)).Cast<sbyte>() : default;

    /// <summary>The scale of each output <c>[panels · 64]</c>; the default view where the format has no scales.</summary>
    public ArrayView<float> Scales => Format.IsQuantised() ? Storage.SubView(ScaleOffset, ScaleBytes(OutFeatures)).Cast<float>() : default;

    /// <summary>
    /// The sum of each output's whole numbers <c>[panels · 64]</c>, which times the zero point of a row of inputs is subtracted from its products;
    /// the default view where the format is not <see cref="DType.W8A8"/>.
    /// </summary>
    public ArrayView<int> WeightSums =>
        Format == DType.W8A8 ? Storage.SubView(ScaleOffset + ScaleBytes(OutFeatures), ScaleBytes(OutFeatures)).Cast<int>() : default;

    private long ScaleOffset => ScalesBehind(PanelBytes(OutFeatures, InFeatures, Format));

    /// <summary>The filled part, as it is stored; empty where it went to another device already.</summary>
    public ReadOnlySpan<byte> Packed => inPlace ? DeviceBuffer<byte>.HostSpan(Storage) : staging;

    /// <summary>Makes room for a matrix of zeros.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or the format is not one that exists.</exception>
    public static PackedWeights Allocate(Device device, int outFeatures, int inFeatures, DType format)
    {
        var weights = new PackedWeights(device, outFeatures, inFeatures, format, null);
        if (!weights.inPlace)
            weights.staging = GC.AllocateArray<byte>(checked((int)weights.Bytes), pinned: true);
        return weights;
    }

    /// <summary>
    /// A matrix in the caller's memory, which holds packed weights, or is packed there by a kernel. On a device of
    /// <see cref="DeviceKind.Cpu"/> it may also hold zeros that are to be filled.
    /// </summary>
    /// <param name="device">The device of the memory.</param>
    /// <param name="outFeatures">Rows of the matrix.</param>
    /// <param name="inFeatures">Its columns.</param>
    /// <param name="format">How it is stored.</param>
    /// <param name="memory"><see cref="BytesOf"/> bytes at a multiple of 64, 64 more behind them; they live longer than the matrix.</param>
    /// <exception cref="ArgumentException">A size is below 1, the format is not one that exists, or the memory is of another size.</exception>
    public static PackedWeights In(Device device, int outFeatures, int inFeatures, DType format, ArrayView<byte> memory) =>
        new(device, outFeatures, inFeatures, format, memory);

    /// <summary>A matrix that was packed before, on any device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="outFeatures">Rows of the matrix.</param>
    /// <param name="inFeatures">Its columns.</param>
    /// <param name="format">How it is stored.</param>
    /// <param name="packed">As <see cref="Packed"/> gave it.</param>
    /// <exception cref="ArgumentException">A size is below 1, the format is not one that exists, or the bytes are of another number.</exception>
    public static PackedWeights Upload(Device device, int outFeatures, int inFeatures, DType format, ReadOnlySpan<byte> packed)
    {
        if (packed.Length != BytesOf(outFeatures, inFeatures, format))
            throw new ArgumentException($"{packed.Length} bytes are not those of [{outFeatures}, {inFeatures}] in {format}.", nameof(packed));
        var weights = new PackedWeights(device, outFeatures, inFeatures, format, null);
        weights.own!.CopyFrom(packed);
        return weights;
    }

    /// <summary>The bytes of a matrix: panels, and scales and sums where the format has them.</summary>
    /// <exception cref="ArgumentException">
    /// A size is below 1, the format is not one that exists, or it is <see cref="DType.W8A8"/> and the rows are longer than sums of 32 bits allow.
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

    /// <summary>The element of the panels that holds column <paramref name="column"/> of row <paramref name="row"/>.</summary>
    public long Index(int row, int column)
    {
        var (panel, output) = ((long)(row / PanelWidth), row % PanelWidth);
        return Format.IsQuantised()
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

    /// <summary>Sends the filled part to the device, unless it was written there, and frees the copy on the host.</summary>
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
