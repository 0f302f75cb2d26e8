using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>An image to resize. Views are dense, on the device, with 3 bytes per pixel.</summary>
public struct ResamplingArgs
{
    /// <summary>The image <c>[source height, source width, 3]</c>.</summary>
    public ArrayView<byte> Source;

    /// <summary>Columns before.</summary>
    public int SourceWidth;

    /// <summary>Rows before.</summary>
    public int SourceHeight;

    /// <summary>Memory of <see cref="Resampling.IntermediateBytes"/> between the passes.</summary>
    public ArrayView<byte> Intermediate;

    /// <summary>The result <c>[target height, target width, 3]</c>.</summary>
    public ArrayView<byte> Target;

    /// <summary>Columns after.</summary>
    public int TargetWidth;

    /// <summary>Rows after.</summary>
    public int TargetHeight;

    /// <summary>The columns' <see cref="ResamplingTable.Data"/>; may be empty for an equal width.</summary>
    public ArrayView<int> Columns;

    /// <summary>The rows' <see cref="ResamplingTable.Data"/>; may be empty for an equal height.</summary>
    public ArrayView<int> Rows;
}

/// <summary>
/// Pillow's resizing of 8-bit images, byte for byte: one direction, then the other, rounded to bytes in between, all in integers.
/// </summary>
/// <remarks>Variants: <c>ResamplingSimd</c> (CPU), <c>ResamplingPortable</c>.</remarks>
public static class Resampling
{
    /// <summary>Resizes an image.</summary>
    /// <exception cref="ArgumentException">A view is too short, or a table does not match the sizes.</exception>
    public static void Run(Device device, in ResamplingArgs args)
    {
        var columns = args.SourceWidth != args.TargetWidth;
        var rows = args.SourceHeight != args.TargetHeight;
        Check(args, columns, rows);
        if (!columns && !rows)
        {
            var bytes = 3L * args.TargetWidth * args.TargetHeight;
            args.Source.SubView(0, bytes).CopyTo(device.Stream, args.Target.SubView(0, bytes));
        }
        var twice = columns && rows;
        if (twice && RowsFirst(args.SourceWidth, args.SourceHeight, args.TargetWidth, args.TargetHeight))
        {
            ResizeRows(device, args, args.Source, args.Intermediate, args.SourceWidth);
            ResizeColumns(device, args, args.Intermediate, args.Target, args.TargetHeight);
            return;
        }
        if (columns)
            ResizeColumns(device, args, args.Source, twice ? args.Intermediate : args.Target, args.SourceHeight);
        if (rows)
            ResizeRows(device, args, twice ? args.Intermediate : args.Source, args.Target, args.TargetWidth);
    }

    /// <summary>
    /// Whether rows are resized before columns: in Pillow 13, if the height shrinks far more than the width; in Pillow 12, never. The order
    /// shows: intermediate bytes are rounded, so a pixel may differ by a few levels.
    /// </summary>
    public static bool RowsFirst(int sourceWidth, int sourceHeight, int targetWidth, int targetHeight)
    {
        var (fewerColumns, fewerRows) = (sourceWidth - targetWidth, sourceHeight - targetHeight);
        return fewerRows > 0 && fewerRows > 2L * fewerColumns;
    }

    /// <summary>Bytes of the intermediate image; 0 for one pass.</summary>
    public static long IntermediateBytes(int sourceWidth, int sourceHeight, int targetWidth, int targetHeight) =>
        sourceWidth == targetWidth || sourceHeight == targetHeight ? 0
        : RowsFirst(sourceWidth, sourceHeight, targetWidth, targetHeight)
            ? 3L * sourceWidth * targetHeight
            : 3L * targetWidth * sourceHeight;

    private static void ResizeColumns(Device device, in ResamplingArgs args, ArrayView<byte> source, ArrayView<byte> target, int rows)
    {
        var taps = Taps(args.Columns, args.TargetWidth);
        if (device.RunsPortable)
            device.Launch(
                new KernelConfig(rows, device.GroupSize),
                new ResamplingPortable.Columns(
                    source, args.Columns, target, args.SourceWidth, args.TargetWidth, taps));
        else
            device.Launch(new ResamplingSimd.Columns(source, args.Columns, target, rows, args.SourceWidth, args.TargetWidth, taps));
    }

    private static void ResizeRows(Device device, in ResamplingArgs args, ArrayView<byte> source, ArrayView<byte> target, int width)
    {
        var taps = Taps(args.Rows, args.TargetHeight);
        if (device.RunsPortable)
            device.Launch(
                new KernelConfig(args.TargetHeight, device.GroupSize),
                new ResamplingPortable.Rows(
                    source, args.Rows, target, 3 * width, taps));
        else
            device.Launch(new ResamplingSimd.Rows(source, args.Rows, target, args.TargetHeight, 3 * width, taps));
    }

    private static void Check(in ResamplingArgs args, bool columns, bool rows)
    {
        ShapeCheck.AtLeast(args.SourceWidth, 1, nameof(args.SourceWidth));
        ShapeCheck.AtLeast(args.SourceHeight, 1, nameof(args.SourceHeight));
        ShapeCheck.AtLeast(args.TargetWidth, 1, nameof(args.TargetWidth));
        ShapeCheck.AtLeast(args.TargetHeight, 1, nameof(args.TargetHeight));
        CheckImage(args.Source, args.SourceWidth, args.SourceHeight, nameof(args.Source), "[source height, source width, 3]");
        CheckImage(args.Target, args.TargetWidth, args.TargetHeight, nameof(args.Target), "[target height, target width, 3]");
        var between = IntermediateBytes(args.SourceWidth, args.SourceHeight, args.TargetWidth, args.TargetHeight);
        ShapeCheck.Within(between, 0, int.MaxValue - 1, $"bytes of {nameof(args.Intermediate)}");
        ShapeCheck.Holds(args.Intermediate, between, nameof(args.Intermediate), "the image between the passes");
        if (columns)
            CheckTable(args.Columns, args.TargetWidth, nameof(args.Columns));
        if (rows)
            CheckTable(args.Rows, args.TargetHeight, nameof(args.Rows));
    }

    // Kernels count bytes in 32 bits.
    private static void CheckImage(ArrayView<byte> view, int width, int height, string name, string shape)
    {
        ShapeCheck.Within(3L * width * height, 3, int.MaxValue - 1, $"bytes of {name}");
        ShapeCheck.Holds(view, 3L * width * height, name, shape);
    }

    private static void CheckTable(ArrayView<int> table, int target, string name)
    {
        if (table.Length % target != 0 || table.Length / target <= ResamplingTable.Header)
            throw new ArgumentException($"{name}: a table of {table.Length} integers is not one of {target} target pixels.", name);
    }

    private static int Taps(ArrayView<int> table, int target) => (int)(table.Length / target) - ResamplingTable.Header;
}
