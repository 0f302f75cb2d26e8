using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// All functions that a pickle may call: those that build tensors and ordered dicts. All are ours; any other name is refused.
/// </summary>
internal static class PickleCallables
{
    private const int MostDimensions = 64;

    private static readonly Dictionary<string, DType> Storages = new()
    {
        ["DoubleStorage"] = DType.Float64, ["FloatStorage"] = DType.Float32,
        ["HalfStorage"] = DType.Float16, ["BFloat16Storage"] = DType.BFloat16,
        ["LongStorage"] = DType.Int64, ["IntStorage"] = DType.Int32, ["ShortStorage"] = DType.Int16, ["CharStorage"] = DType.Int8,
        ["ByteStorage"] = DType.UInt8, ["BoolStorage"] = DType.Bool,
    };

    /// <summary>Null when the arguments do not fit.</summary>
    public delegate object? Callable(object?[] arguments);

    /// <summary>A <see cref="Callable"/> or a <see cref="StorageClass"/>; null if refused.</summary>
    public static object? Find(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => (Callable)OrderedDict,
        ("torch._utils", "_rebuild_tensor") => (Callable)RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v2") => (Callable)RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => (Callable)RebuildParameter,
        ("torch", _) when Storages.TryGetValue(name, out var type) => new StorageClass(type),
        _ => null,
    };

    /// <summary>
    /// A storage from its tuple: ("storage", class, key, device, elements), in the old container with a view; null when it does not fit.
    /// </summary>
    public static TorchStorage? Storage(object? reference) => reference switch
    {
        object?[] and ["storage", StorageClass type, string key, string, long and >= 0 and var elements] =>
            new TorchStorage(key, type.Type, elements, 0),
        object?[] and ["storage", StorageClass type, string key, string, long and >= 0 and var elements, null] =>
            new TorchStorage(key, type.Type, elements, 0),
        object?[] and ["storage", StorageClass type, string key, string, long elements,
            object?[] and [string, long and >= 0 and var first, long and >= 0 and var length]]
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

    // Storage, offset, shape, strides; then requires_grad, hooks and metadata for training.
    private static TorchTensor? RebuildTensor(object?[] arguments) =>
        arguments is [TorchStorage storage, long and >= 0 and var offset, object?[] shape, object?[] strides, ..]
            && shape.Length == strides.Length && shape.Length <= MostDimensions
        && shape.Concat(strides).All(number => number is long and >= 0)
            ? new TorchTensor(storage, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()])
            : null;

    private static TorchTensor? RebuildParameter(object?[] arguments) => arguments is [TorchTensor tensor, ..] ? tensor : null;
}
