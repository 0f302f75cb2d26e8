using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// All that a pickle may name and call: the few that build tensors and ordered dicts. They are not Python's functions but
/// ours of the same result; any other name in a pickle is refused.
/// </summary>
internal static class PickleCallables
{
    private const int MostDimensions = 64;

    private static readonly Dictionary<string, DType> s_storages = new()
    {
        ["DoubleStorage"] = DType.Float64, ["FloatStorage"] = DType.Float32,
        ["HalfStorage"] = DType.Float16, ["BFloat16Storage"] = DType.BFloat16,
        ["LongStorage"] = DType.Int64, ["IntStorage"] = DType.Int32, ["ShortStorage"] = DType.Int16, ["CharStorage"] = DType.Int8,
        ["ByteStorage"] = DType.UInt8, ["BoolStorage"] = DType.Bool,
    };

    /// <summary>A function of a pickle: from its arguments to its value; null when the arguments do not fit.</summary>
    public delegate object? Callable(object?[] arguments);

    /// <summary>The value of a name: a <see cref="Callable"/> or a <see cref="StorageClass"/>; null for a name that is refused.</summary>
    public static object? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => (Callable)OrderedDict,
        ("torch._utils", "_rebuild_tensor") => (Callable)RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v2") => (Callable)RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => (Callable)RebuildParameter,
        ("torch", _) when s_storages.TryGetValue(name, out var type) => new StorageClass(type),
        _ => null,
    };

    /// <summary>A storage from the tuple that stands for it: ("storage", class, key, device, elements), in the old container with a view; null when it does not fit.</summary>
    public static TorchStorage? Storage(object? reference) => reference switch
    {
        object?[] and ["storage", StorageClass type, string key, string, long and >= 0 and var elements] => new TorchStorage(key, type.Type, elements, 0),
        object?[] and ["storage", StorageClass type, string key, string, long and >= 0 and var elements, null] => new TorchStorage(key, type.Type, elements, 0),
        object?[] and ["storage", StorageClass type, string key, string, long elements, object?[] and [string, long and >= 0 and var first, long and >= 0 and var length]]
            when first <= elements - length => new TorchStorage(key, type.Type, length, first),
        _ => null,
    };

    private static PickleDict? OrderedDict(object?[] arguments)
    {
        var dict = new PickleDict();
        if (arguments is [])
            return dict;
        if (arguments is not [PickleList pairs])
            return null;
        foreach (var pair in pairs.Items)
        {
            var items = pair switch { object?[] tuple => tuple, PickleList list => list.Items, _ => [] };
            if (items is not [string key, var value])
                return null;
            dict.Items[key] = value;
        }
        return dict;
    }

    // Storage, offset, shape and strides; then parts for training: requires_grad, hooks, metadata.
    private static TorchTensor? RebuildTensor(object?[] arguments) =>
        arguments is [TorchStorage storage, long and >= 0 and var offset, object?[] shape, object?[] strides, ..] && shape.Length == strides.Length && shape.Length <= MostDimensions
        && shape.Concat(strides).All(number => number is long and >= 0)
            ? new TorchTensor(storage, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()])
            : null;

    private static TorchTensor? RebuildParameter(object?[] arguments) => arguments is [TorchTensor tensor, ..] ? tensor : null;
}
