using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="AppendCache"/>.</summary>
public struct AppendCacheArgs
{
    /// <summary>New keys: token t of row r starts at <c>(r·Tokens + t)·KeyStride + KeyOffset</c>.</summary>
    public ArrayView<float> Key;

    /// <summary>New values, laid out alike; both may lie in one array.</summary>
    public ArrayView<float> Value;

    /// <summary>Elements between tokens; at least the offset + <see cref="Width"/>.</summary>
    public int KeyStride, ValueStride;

    /// <summary>Offset of the keys or values in a token.</summary>
    public int KeyOffset, ValueOffset;

    /// <summary>[cache rows, Capacity, Width]; no overlap with each other or with new values.</summary>
    public ArrayView<float> KeyCache, ValueCache;

    /// <summary>Positions per cache row.</summary>
    public int Capacity;

    /// <summary>[Rows]: the position of each row's first new token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>[Rows]: the cache row for row r; empty: r.</summary>
    public ArrayView<int> WriteRow;

    /// <summary>Rows of new values.</summary>
    public int Rows;

    /// <summary>New tokens per row.</summary>
    public int Tokens;

    /// <summary>Elements per token (heads × head size).</summary>
    public int Width;
}
