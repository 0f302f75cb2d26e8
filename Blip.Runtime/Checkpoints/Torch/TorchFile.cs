using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A file of torch.save (<c>pytorch_model.bin</c>, <c>.pth</c>), mapped into memory: the zip archive of torch 1.6 and later, or the older
/// container.
/// </summary>
internal sealed class TorchFile : ITensorSource
{
    /// <summary>Keys of the weights in a training script's checkpoint.</summary>
    private static readonly string[] StateNames = ["model", "state_dict", "model_state_dict", "module"];

    private readonly MappedFile file;
    private readonly Dictionary<string, Entry> tensors = [];

    /// <summary>Opens and validates a file without reading tensors.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged, or its pickle holds unsafe values.</exception>
    public TorchFile(string path)
        : this(new MappedFile(path))
    {
    }

    /// <summary>Takes ownership of the file, even on refusal.</summary>
    internal TorchFile(MappedFile file)
    {
        this.file = file;
        try
        {
            ITorchContainer container = IsZip(file) ? new TorchZipContainer(file) : new TorchLegacyContainer(file);
            foreach (var (key, value) in FindState(container.Root))
            {
                if (value is TorchTensor tensor)
                    tensors.Add(key, Check(key, tensor, container));
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Description => file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [file.Path];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => tensors.Keys;

    internal static bool IsZip(MappedFile file) => file.Head(4).SequenceEqual("PK\x03\x04"u8);

    internal static bool IsPickle(MappedFile file) => file.Head(2) is [0x80, >= 2 and <= 5];

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = tensors.GetValueOrDefault(key)?.Info;
        return info is not null;
    }

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        var info = this.Get(key);
        TensorSources.CheckRange(info, firstElement, destination.Length);
        var (_, tensor, start) = tensors[key];
        if (tensor.IsContiguous())
            StoredElements.Read(file, info.Type, start + (tensor.Offset + firstElement) * info.Type.Bytes(), destination);
        else
            ReadStrided(tensor, start, firstElement, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void ReadStrided(TorchTensor tensor, long start, long firstElement, Span<float> destination)
    {
        var (shape, strides, type) = (tensor.Shape, tensor.Strides, tensor.Storage.Type);
        for (var i = 0; i < destination.Length; i++)
        {
            var (rest, at) = (firstElement + i, tensor.Offset);
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                (rest, var index) = Math.DivRem(rest, shape[axis]);
                at += index * strides[axis];
            }
            StoredElements.Read(file, type, start + at * type.Bytes(), destination.Slice(i, 1));
        }
    }

    private Dictionary<string, object?> FindState(object? root)
    {
        if (root is not PickleDict dict)
            throw file.Error("the file holds no dict of tensors");
        if (dict.Items.Values.Any(value => value is TorchTensor))
            return dict.Items;
        foreach (var name in StateNames)
        {
            if (dict.Items.GetValueOrDefault(name) is PickleDict state && state.Items.Values.Any(value => value is TorchTensor))
                return state.Items;
        }
        throw file.Error($"the file holds no tensors, neither at the top nor under {string.Join(", ", StateNames)}");
    }

    private Entry Check(string key, TorchTensor tensor, ITorchContainer container)
    {
        var storage = tensor.Storage;
        var (start, length) = container.Find(storage) ?? throw file.Error($"the storage '{storage.Key}' of the tensor '{key}' is absent");
        var (needed, held) = (tensor.Reach * storage.Type.Bytes(), Int128.Min((Int128)storage.Elements * storage.Type.Bytes(), length));
        if (needed > held || tensor.ElementCount > long.MaxValue)
            throw file.Error(
                $"the tensor '{key}' of shape {TensorInfo.Format(tensor.Shape)} needs {needed} bytes of its storage, which holds {held}");
        return new Entry(new TensorInfo(key, storage.Type, tensor.Shape), tensor, start);
    }

    private sealed record Entry(TensorInfo Info, TorchTensor Tensor, long Start);
}
