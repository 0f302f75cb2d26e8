using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>
/// Resizes images on a device, and keeps weight tables and pixel memory for the next image of a shape. It belongs to one thread at a time.
/// </summary>
public sealed class Resampler(Device device) : IDisposable
{
    // A batch has few shapes with two tables each, of about 30 KB at base size.
    private const int MaxTables = 32;

    // Memory for an image of 20 megapixels is kept, more is freed.
    private const long MaxKeptBytes = 64 << 20;

    private readonly LinkedList<(int Source, int Target, ResamplingFilter Filter, DeviceBuffer<int> Data)> tables = [];
    private DeviceBuffer<byte>? source, intermediate, target;

    /// <summary>Copies an image to the device and resizes it there.</summary>
    /// <param name="pixels">[height, width, 3] on the host.</param>
    /// <param name="width">Columns before.</param>
    /// <param name="height">Rows before.</param>
    /// <param name="targetWidth">Columns after.</param>
    /// <param name="targetHeight">Rows after.</param>
    /// <param name="filter">The filter.</param>
    /// <returns>[targetHeight, targetWidth, 3] on the device, until the next call.</returns>
    /// <exception cref="ArgumentException">A size is not positive, or the intermediate image would have 2³¹ bytes or more.</exception>
    public ArrayView<byte> Resize(
        ReadOnlySpan<byte> pixels, int width, int height, int targetWidth, int targetHeight, ResamplingFilter filter)
    {
        var between = Check(pixels.Length, width, height, targetWidth, targetHeight);
        var upload = Room(ref source, pixels.Length);
        source!.CopyFrom(pixels);
        var resized = Resize(upload, between, width, height, targetWidth, targetHeight, filter);
        GiveBack(ref source);
        return resized;
    }

    /// <summary>Resizes an image on the device, <c>[height, width, 3]</c>.</summary>
    /// <inheritdoc cref="Resize(ReadOnlySpan{byte}, int, int, int, int, ResamplingFilter)"/>
    public ArrayView<byte> Resize(
        ArrayView<byte> pixels, int width, int height, int targetWidth, int targetHeight, ResamplingFilter filter) =>
        Resize(pixels, Check(pixels.Length, width, height, targetWidth, targetHeight), width, height, targetWidth, targetHeight, filter);

    // Bytes of the intermediate image.
    private static long Check(long bytes, int width, int height, int targetWidth, int targetHeight)
    {
        ShapeCheck.AtLeast(width, 1, nameof(width));
        ShapeCheck.AtLeast(height, 1, nameof(height));
        ShapeCheck.AtLeast(targetWidth, 1, nameof(targetWidth));
        ShapeCheck.AtLeast(targetHeight, 1, nameof(targetHeight));
        ShapeCheck.Within(3L * targetWidth * targetHeight, 3, int.MaxValue - 1, "bytes of the resized image");
        if (bytes != 3L * width * height)
            throw new ArgumentException($"{bytes} bytes are not an image of {width}×{height}.", nameof(bytes));
        var between = Resampling.IntermediateBytes(width, height, targetWidth, targetHeight);
        ShapeCheck.Within(between, 0, int.MaxValue - 1, $"bytes between the passes of an image of {width}×{height}");
        return between;
    }

    private ArrayView<byte> Resize(
        ArrayView<byte> pixels, long between, int width, int height, int targetWidth, int targetHeight, ResamplingFilter filter)
    {
        var args = new ResamplingArgs
        {
            Source = pixels,
            SourceWidth = width,
            SourceHeight = height,
            Intermediate = between > 0 ? Room(ref intermediate, between) : default,
            Target = Room(ref target, 3L * targetWidth * targetHeight),
            TargetWidth = targetWidth,
            TargetHeight = targetHeight,
            Columns = width != targetWidth ? Table(width, targetWidth, filter) : default,
            Rows = height != targetHeight ? Table(height, targetHeight, filter) : default,
        };
        Resampling.Run(device, args);
        GiveBack(ref intermediate);
        return args.Target;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        source?.Dispose();
        intermediate?.Dispose();
        target?.Dispose();
        foreach (var table in tables)
            table.Data.Dispose();
        tables.Clear();
    }

    private ArrayView<int> Table(int from, int to, ResamplingFilter filter)
    {
        for (var node = tables.First; node is not null; node = node.Next)
        {
            if ((node.Value.Source, node.Value.Target, node.Value.Filter) != (from, to, filter))
                continue;
            tables.Remove(node);
            tables.AddFirst(node);
            return node.Value.Data.View;
        }
        if (tables.Count == MaxTables)
        {
            device.Synchronize();
            tables.Last!.Value.Data.Dispose();
            tables.RemoveLast();
        }
        var data = device.Upload<int>(ResamplingTable.Create(from, to, filter).Data);
        tables.AddFirst((from, to, filter, data));
        return data.View;
    }

    private ArrayView<byte> Room(ref DeviceBuffer<byte>? buffer, long bytes)
    {
        if (buffer is null || buffer.Length < bytes)
        {
            device.Synchronize();
            buffer?.Dispose();
            buffer = device.Allocate<byte>(bytes, zeroed: false);
        }
        return buffer.View.SubView(0, bytes);
    }

    private void GiveBack(ref DeviceBuffer<byte>? buffer)
    {
        if (buffer is null || buffer.Length <= MaxKeptBytes)
            return;
        device.Synchronize();
        buffer.Dispose();
        buffer = null;
    }
}
