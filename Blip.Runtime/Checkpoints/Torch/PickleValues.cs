using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>A dict's entries with text keys. Other keys, such as an optimizer's numbers, name no weights.</summary>
internal sealed class PickleDict
{
    public Dictionary<string, object?> Items { get; } = [];
}

/// <summary>A list or a set.</summary>
internal sealed class PickleList
{
    private List<object?>? items;

    public IReadOnlyList<object?> Items => items ?? (IReadOnlyList<object?>)[];

    public void Add(ReadOnlySpan<object?> items) => (this.items ??= []).AddRange(items);
}

/// <summary>A storage class of torch.</summary>
internal sealed record StorageClass(DType Type);

/// <summary>
/// A range of a file's bytes behind tensors. <c>Elements</c> is the pickle's claim. <c>First</c> is a view's first element; only the old
/// container has views.
/// </summary>
internal sealed record TorchStorage(string Key, DType Type, long Elements, long First);

/// <summary>A strided view of a storage.</summary>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides)
{
    /// <summary>
    /// Elements of the storage up to the tensor's last one, 0 for an empty tensor. At most 2⁶³, whatever the file's numbers.
    /// </summary>
    public Int128 Reach =>
        Shape.Contains(0) ? 0 : Shape.Zip(Strides)
            .Aggregate((Int128)Offset + 1, (reach, axis) => Int128.Min(reach + (Int128)(axis.First - 1) * axis.Second, Int128.One << 63));

    /// <summary>May exceed 63 bits.</summary>
    public Int128 ElementCount => Shape.Aggregate(Int128.One, (product, length) => product > long.MaxValue ? product : product * length);

    /// <summary>True where storage order is row-major.</summary>
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
