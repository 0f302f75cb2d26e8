using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>A dict: its entries with text keys. (A checkpoint's other keys, an optimizer's numbers, name no weights.)</summary>
internal sealed class PickleDict
{
    public Dictionary<string, object?> Items { get; } = [];
}

/// <summary>A list or a set.</summary>
internal sealed class PickleList
{
    private List<object?>? _items;

    public IReadOnlyList<object?> Items => _items ?? (IReadOnlyList<object?>)[];

    public void Add(ReadOnlySpan<object?> items) => (_items ??= []).AddRange(items);
}

/// <summary>One of torch's storage classes, which state the type of their elements.</summary>
internal sealed record StorageClass(DType Type);

/// <summary>A run of a file's bytes that tensors look into.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Elements">How many elements the pickle says that it holds.</param>
/// <param name="First">Where in the file's run a view begins, in elements; the old container alone has such.</param>
internal sealed record TorchStorage(string Key, DType Type, long Elements, long First);

/// <summary>A tensor: a strided look into a storage.</summary>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>How many elements of the storage it reaches over, 0 for an empty tensor; at most 2⁶³, for the numbers are the file's.</summary>
    public Int128 Reach => Shape.Contains(0) ? 0 : Shape.Zip(Strides).Aggregate((Int128)Offset + 1, (reach, axis) => Int128.Min(reach + (Int128)(axis.First - 1) * axis.Second, Int128.One << 63));

    /// <summary>The product of the dimensions, or more than 63 bits.</summary>
    public Int128 ElementCount => Shape.Aggregate(Int128.One, (product, length) => product > long.MaxValue ? product : product * length);

    /// <summary>True where row-major order is the order in the storage.</summary>
    public bool IsContiguous()
    {
        var expected = 1L;
        for (var axis = Shape.Length - 1; axis >= 0; axis--)
        {
            if (Shape[axis] != 1 && Strides[axis] != expected)
                return false;
            expected *= Shape[axis];
        }
        return true;
    }
}
