using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Writes new tokens' keys and values into a decoder's caches.</summary>
/// <remarks>
/// Variants: <see cref="AppendCacheCpu"/> (CPU), a portable kernel. One launch writes both: the launch is most of the cost.
/// </remarks>
public static unsafe class AppendCache
{
    /// <summary>
    /// Copies token t of row r to position <c>Start[r] + t</c> of cache row <c>WriteRow[r]</c>. Tokens outside of the caches are dropped:
    /// the caller must check the lengths before.
    /// </summary>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in AppendCacheArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Tokens, 0, nameof(args.Tokens));
        ShapeCheck.AtLeast(args.Width, 1, nameof(args.Width));
        ShapeCheck.AtLeast(args.Capacity, 1, nameof(args.Capacity));
        ShapeCheck.AtLeast(args.KeyOffset, 0, nameof(args.KeyOffset));
        ShapeCheck.AtLeast(args.ValueOffset, 0, nameof(args.ValueOffset));
        ShapeCheck.AtLeast(args.KeyStride, (long)args.KeyOffset + args.Width, nameof(args.KeyStride));
        ShapeCheck.AtLeast(args.ValueStride, (long)args.ValueOffset + args.Width, nameof(args.ValueStride));
        if (args.Rows == 0 || args.Tokens == 0)
            return;
        var last = ((long)args.Rows * args.Tokens) - 1;
        ShapeCheck.Holds(args.Key, (last * args.KeyStride) + args.KeyOffset + args.Width, nameof(args.Key), "[Rows, Tokens, KeyStride]");
        ShapeCheck.Holds(args.Value, (last * args.ValueStride) + args.ValueOffset + args.Width, nameof(args.Value),
            "[Rows, Tokens, ValueStride]");
        ShapeCheck.EmptyOrHolds(args.Start, args.Rows, nameof(args.Start), "[Rows]");
        ShapeCheck.EmptyOrHolds(args.WriteRow, args.Rows, nameof(args.WriteRow), "[Rows]");
        var rowLength = (long)args.Capacity * args.Width;
        var least = rowLength * (args.WriteRow.Length > 0 ? 1 : args.Rows);
        ShapeCheck.Holds(args.KeyCache, least, nameof(args.KeyCache), "[cache rows, Capacity, Width]");
        ShapeCheck.Holds(args.ValueCache, least, nameof(args.ValueCache), "[cache rows, Capacity, Width]");

        var shape = new AppendCacheShape
        {
            Tokens = args.Tokens,
            Width = args.Width,
            Capacity = args.Capacity,
            CacheRows = (int)(Math.Min(args.KeyCache.Length, args.ValueCache.Length) / rowLength),
            KeyStride = args.KeyStride,
            KeyOffset = args.KeyOffset,
            ValueStride = args.ValueStride,
            ValueOffset = args.ValueOffset,
        };
        if (!device.RunsPortable)
        {
            device.Launch(new AppendCacheCpu
            {
                Key = Cpu.Pointer(args.Key),
                Value = Cpu.Pointer(args.Value),
                KeyCache = Cpu.Pointer(args.KeyCache),
                ValueCache = Cpu.Pointer(args.ValueCache),
                Start = Cpu.Pointer(args.Start),
                WriteRow = Cpu.Pointer(args.WriteRow),
                Shape = shape,
                Rows = new RowTasks(device, checked(args.Rows * args.Tokens)),
            });
            return;
        }
        device.Launch(
            new KernelConfig(checked(args.Rows * args.Tokens), device.GroupSize),
            new Kernel(
                args.Key, args.Value, args.KeyCache, args.ValueCache, device.OrEmpty(args.Start), device.OrEmpty(args.WriteRow), shape));
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> key, ArrayView<float> value, ArrayView<float> keyCache, ArrayView<float> valueCache,
        ArrayView<int> start, ArrayView<int> writeRow, AppendCacheShape shape) : IDeviceKernel
    {
        public void Run()
        {
            var row = Grid.IdxX / shape.Tokens;
            var token = Grid.IdxX % shape.Tokens;
            var position = (start.Length > 0 ? start[row] : 0) + token;
            var cacheRow = writeRow.Length > 0 ? writeRow[row] : row;
            // The unsigned cast moves negative indices out of range.
            if ((uint)position >= (uint)shape.Capacity || (uint)cacheRow >= (uint)shape.CacheRows)
                return;
            var fromKey = ((long)Grid.IdxX * shape.KeyStride) + shape.KeyOffset;
            var fromValue = ((long)Grid.IdxX * shape.ValueStride) + shape.ValueOffset;
            var to = (((long)cacheRow * shape.Capacity) + position) * shape.Width;
            for (var c = Group.IdxX; c < shape.Width; c += Group.DimX)
            {
                // Both reads start before either write: the compiler cannot rule out aliasing.
                var k = key[fromKey + c];
                var v = value[fromValue + c];
                keyCache[to + c] = k;
                valueCache[to + c] = v;
            }
        }
    }
}

internal struct AppendCacheShape
{
    public int Tokens, Width, Capacity, CacheRows, KeyStride, KeyOffset, ValueStride, ValueOffset;
}
