using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// Writes <c>torch.save({"model": state_dict})</c> of torch 1.6 and later: an uncompressed zip archive with a pickle of protocol 2. The
/// pickle names only classes that <c>torch.load(weights_only=True)</c> allows.
/// </summary>
internal static class TorchWriter
{
    private const string Root = "archive";

    /// <summary>Writes tensors as float32 into a seekable file. Each has a key in the source and a name in the file.</summary>
    public static void Write(Stream file, ITensorSource tensors, IReadOnlyList<(string Key, string Name)> names)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true);
        Entry(zip, "data.pkl", entry => entry.Write(Pickle(tensors, names)));
        Entry(zip, "byteorder", entry => entry.Write("little"u8));
        foreach (var (i, (key, _)) in names.Index())
            Entry(zip, $"data/{i}", entry => tensors.WriteTo(key, entry));
        Entry(zip, "version", entry => entry.Write("3\n"u8));
    }

    private static void Entry(ZipArchive zip, string name, Action<Stream> write)
    {
        using var entry = zip.CreateEntry($"{Root}/{name}", CompressionLevel.NoCompression).Open();
        write(entry);
    }

    // {"model": {name: _rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict()), ...}}
    private static byte[] Pickle(ITensorSource tensors, IReadOnlyList<(string Key, string Name)> names)
    {
        var pickle = new PickleBytes();
        pickle.Raw([0x80, 2]).Raw("}"u8).Text("model").Raw("}("u8);
        foreach (var (i, (key, name)) in names.Index())
        {
            var info = tensors.Get(key);
            pickle.Text(name).Raw("ctorch._utils\n_rebuild_tensor_v2\n("u8)
                .Raw("("u8).Text("storage").Raw("ctorch\nFloatStorage\n"u8).Text($"{i}").Text("cpu").Number(info.ElementCount).Raw("tQ"u8)
                .Number(0).Numbers(info.Shape).Numbers(Strides(info.Shape)).Raw([0x89]).Raw("ccollections\nOrderedDict\n)RtR"u8);
        }
        return pickle.Raw("us."u8).ToArray();
    }

    private static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    /// <summary>The needed opcodes (Python's Lib/pickletools.py).</summary>
    private sealed class PickleBytes
    {
        private readonly MemoryStream bytes = new();

        public PickleBytes Raw(ReadOnlySpan<byte> opcodes)
        {
            bytes.Write(opcodes);
            return this;
        }

        public PickleBytes Text(string text)
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            return Raw("X"u8).Raw(length).Raw(utf8);
        }

        // BININT where it fits, else LONG1 of eight bytes.
        public PickleBytes Number(long number)
        {
            Span<byte> digits = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(digits, number);
            return number is >= int.MinValue and <= int.MaxValue ? Raw("J"u8).Raw(digits[..4]) : Raw([0x8A, 8]).Raw(digits);
        }

        public PickleBytes Numbers(long[] numbers)
        {
            Raw("("u8);
            foreach (var number in numbers)
                Number(number);
            return Raw("t"u8);
        }

        public byte[] ToArray() => bytes.ToArray();
    }
}
