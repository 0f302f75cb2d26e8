using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The container before torch 1.6: consecutive pickles of a magic number, a version, the machine, the saved object and the storages' keys;
/// then, for each key, the element count and the elements.
/// </summary>
internal sealed class TorchLegacyContainer : ITorchContainer
{
    private const long Version = 1001;
    private const int LongestPickles = 8 << 20;

    private static readonly BigInteger Magic =
        BigInteger.Parse("1950A86A20F9469CFC6C", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private readonly Dictionary<string, (long Offset, long Length)> _storages = [];

    public TorchLegacyContainer(MappedFile file)
    {
        var position = 0;
        if (Next(out _) is not BigInteger magic || magic != Magic)
            throw file.Error("this pickle is no checkpoint of torch.save: it does not begin with its magic number");
        if (Next(out _) is not Version)
            throw file.Error($"the container's version is not {Version}, the only one that torch wrote");
        if (Next(out _) is PickleDict machine && machine.Items.GetValueOrDefault("little_endian") is false)
            throw file.Error("the checkpoint was saved on a big-endian machine, which is not supported");
        Root = Next(out var storages);
        if (Next(out _) is not PickleList keys)
            throw file.Error("the container does not list its storages");
        FindStorages(file, position, keys,
            storages.DistinctBy(storage => storage.Key).ToDictionary(storage => storage.Key, storage => storage.Type));

        object? Next(out List<TorchStorage> storages)
        {
            var reader = new PickleReader(file, file.Span(position, (int)Math.Min(LongestPickles, file.Length - position)));
            var value = reader.Read();
            position += reader.Position;
            storages = reader.Storages;
            return value;
        }
    }

    public object? Root { get; }

    public (long Offset, long Length)? Find(TorchStorage storage)
    {
        if (!_storages.TryGetValue(storage.Key, out var found))
            return null;
        var skipped = (Int128)storage.First * storage.Type.Bytes();
        return skipped <= found.Length ? (found.Offset + (long)skipped, found.Length - (long)skipped) : (found.Offset, 0);
    }

    private void FindStorages(MappedFile file, long position, PickleList keys, Dictionary<string, DType> types)
    {
        foreach (var item in keys.Items)
        {
            if (item is not string key || !types.TryGetValue(key, out var type))
                throw file.Error($"the container lists the storage '{item}', which nothing refers to");
            if (position > file.Length - 8)
                throw file.Error($"the storage '{key}' lies beyond the file's end: it is cut short");
            var bytes = (Int128)BinaryPrimitives.ReadInt64LittleEndian(file.Span(position, 8)) * type.Bytes();
            position += 8;
            if (bytes < 0 || bytes > file.Length - position)
                throw file.Error($"the storage '{key}' claims {bytes} bytes and {file.Length - position} are left: the file is cut short");
            if (!_storages.TryAdd(key, (position, (long)bytes)))
                throw file.Error($"the container lists the storage '{key}' twice");
            position += (long)bytes;
        }
    }
}
