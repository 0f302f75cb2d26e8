using ILGPU;

namespace Blip.Kernels;

/// <summary>What <see cref="AppendCache"/> writes where.</summary>
public struct AppendCacheArgs
{
    /// <summary>New keys or values: token t of row r starts at <c>(r·Tokens + t)·SourceStride + SourceOffset</c>.</summary>
    public ArrayView<float> Source;

    /// <summary>Elements from one token of the source to the next; at least <see cref="SourceOffset"/> + <see cref="Width"/>.</summary>
    public int SourceStride;

    /// <summary>Where in a token of the source the keys or values begin.</summary>
    public int SourceOffset;

    /// <summary>[cache rows, Capacity, Width].</summary>
    public ArrayView<float> Cache;

    /// <summary>Positions of one cache row.</summary>
    public int Capacity;

    /// <summary>[Rows]: the position of each row's first new token; empty: 0.</summary>
    public ArrayView<int> Start;

    /// <summary>[Rows]: the cache row that row r writes; empty: r.</summary>
    public ArrayView<int> WriteRow;

    /// <summary>Rows of the source.</summary>
    public int Rows;

    /// <summary>New tokens per row.</summary>
    public int Tokens;

    /// <summary>Elements per token (heads × head size).</summary>
    public int Width;
}
