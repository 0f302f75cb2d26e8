using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal unsafe struct AppendCacheCpu : ICpuOperator
{
    public float* Key, Value, KeyCache, ValueCache;
    public int* Start, WriteRow;
    public AppendCacheShape Shape;
    public RowTasks Rows;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var row = i / Shape.Tokens;
            var position = (Start == null ? 0 : Start[row]) + (i % Shape.Tokens);
            var cacheRow = WriteRow == null ? row : WriteRow[row];
            if (position < 0 || position >= Shape.Capacity || cacheRow < 0 || cacheRow >= Shape.CacheRows)
                continue;
            var to = (((long)cacheRow * Shape.Capacity) + position) * Shape.Width;
            RowMath.Copy(Key + ((long)i * Shape.KeyStride) + Shape.KeyOffset, KeyCache + to, Shape.Width);
            RowMath.Copy(Value + ((long)i * Shape.ValueStride) + Shape.ValueOffset, ValueCache + to, Shape.Width);
        }
    }
}
