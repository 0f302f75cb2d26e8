using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Blip.Runtime.Checkpoints;
using CsCheck;

namespace Blip.Tests.Checkpoints;

public class TorchFileTests
{
    /// <summary>
    /// The pickle of {"a": a float tensor of shape [2, 3] over storage 0}, but for its last two tuples: shape and strides.
    /// </summary>
    private const string TensorOfStorage =
        "}U\u0001actorch._utils\n_rebuild_tensor_v2\n((U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0006tQK\0";

    [Theory]
    [InlineData("K\u0002K\u0003\u0086K\u0003K\u0001\u0086", new long[] { 2, 3 }, new float[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("K\u0003K\u0002\u0086K\u0001K\u0003\u0086", new long[] { 3, 2 }, new float[] { 0, 3, 1, 4, 2, 5 })]
    [InlineData("K\u0002K\u0002\u0086K\u0003K\u0002\u0086", new long[] { 2, 2 }, new float[] { 0, 2, 3, 5 })]
    [InlineData("K\u0002K\u0003\u0086K\0K\u0001\u0086", new long[] { 2, 3 }, new float[] { 0, 1, 2, 0, 1, 2 })]
    [InlineData("))", new long[0], new float[] { 0 })]
    [InlineData("K\0K\u0003\u0086K\u0003K\u0001\u0086", new long[] { 0, 3 }, new float[0])]
    public void Strides_are_followed(string shapeAndStrides, long[] shape, float[] expected)
    {
        using var folder = new TemporaryFolder();
        using var file = new TorchFile(folder.Write("x.bin", Zip(TensorOfStorage + shapeAndStrides + "\u0089}tRs.")));
        Assert.Equal(shape, file.Get("a").Shape);
        Assert.Equal(expected, file.ReadAll("a"));
        for (var first = 0; first < expected.Length; first++)
        {
            var run = new float[expected.Length - first];
            file.Read("a", first, run);
            Assert.Equal(expected[first..], run);
        }
    }

    [Theory]
    [InlineData("K\u0003K\u0003\u0086K\u0003K\u0001\u0086\u0089}tRs.", "needs 36 bytes")]
    [InlineData("K\u0002K\u0003\u0086K\u0004K\u0001\u0086\u0089}tRs.", "needs 28 bytes")]
    [InlineData("K\u0002K\u0003\u0086K\u0003\u0085\u0089}tRs.", "arguments that do not fit")]
    [InlineData("J\u00FF\u00FF\u00FF\u00FFK\u0003\u0086K\u0003K\u0001\u0086\u0089}tRs.", "arguments that do not fit")]
    [InlineData("K\u0002K\u0003\u0086K\u0003K\u0001\u0086\u0089}tR.", "more or less than one value")]
    [InlineData("K\u0002K\u0003\u0086K\u0003K\u0001\u0086\u0089}tRs", "cut short")]
    [InlineData("0000000000.", "not there")]
    [InlineData("t.", "ends a group that never began", true)]
    [InlineData("I1\n.", "0x49", true)]
    [InlineData("}U\u0001aK\u0001s.", "no tensors", true)]
    [InlineData("cbuiltins\nexec\n.", "'builtins.exec'", true)]
    [InlineData("U\u0008builtinsU\u0004eval\u0093.", "'builtins.eval'", true)]
    [InlineData("ctorch\nUntypedStorage\n.", "'torch.UntypedStorage'", true)]
    [InlineData("ccollections\nOrderedDict\n)\u0081.", "0x81", true)]
    [InlineData("ccollections\nOrderedDict\nK\u0001\u0085R.", "OrderedDict with arguments", true)]
    [InlineData("]}b.", "attributes", true)]
    [InlineData("U\u0007storageQ.", "storage of a known type", true)]
    [InlineData("X\u00FF\u00FF\u00FF\u00FFa.", "cut short", true)]
    [InlineData("\u008D\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FFa.", "cut short", true)]
    public void A_pickle_of_anything_else_is_refused(string pickle, string reason, bool isWhole = false)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.bin", Zip(isWhole ? pickle : TensorOfStorage + pickle));
        var error = Assert.Throws<CheckpointException>(() => new TorchFile(path));
        Assert.StartsWith(path, error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void Sizes_that_overflow_any_number_are_refused()
    {
        const string Most = "\u008A\u0008\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u007F";
        using var folder = new TemporaryFolder();
        foreach (var axes in new[] { Most + "\u0085", Most + Most + "\u0086", Most + Most + Most + "\u0087",
            "(" + string.Concat(Enumerable.Repeat(Most, 64)) + "t" })
        {
            var path = folder.Write("x.bin", Zip(TensorOfStorage + axes + axes + "\u0089}tRs."));
            Assert.Contains("needs", Assert.Throws<CheckpointException>(() => new TorchFile(path)).Message);
        }
    }

    [Fact]
    public void Work_that_a_short_pickle_asks_for_again_and_again_is_counted()
    {
        var pairs = "](" + string.Concat(Enumerable.Repeat("U\u0001aN\u0086", 5000)) + "eq\u0001";
        var calls = string.Concat(Enumerable.Repeat("ccollections\nOrderedDict\nh\u0001\u0085R0", 1000));
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.bin", Zip(pairs + calls + "."));
        Assert.Contains("takes more than", Assert.Throws<CheckpointException>(() => new TorchFile(path)).Message);
    }

    [Fact]
    public void A_compressed_archive_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.bin", Zip("}.", CompressionLevel.Optimal));
        Assert.Contains("compressed", Assert.Throws<CheckpointException>(() => new TorchFile(path)).Message);
    }

    [Fact]
    public void A_zip_archive_of_something_else_is_refused()
    {
        using var folder = new TemporaryFolder();
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            zip.CreateEntry("readme.txt", CompressionLevel.NoCompression);
        var path = folder.Write("x.bin", stream.ToArray());
        Assert.Contains("data.pkl", Assert.Throws<CheckpointException>(() => new TorchFile(path)).Message);
    }

    [Fact]
    public void The_64_bit_records_of_large_archives_are_read()
    {
        using var folder = new TemporaryFolder();
        using var file = new TorchFile(
            folder.Write("x.bin", Widen(Zip(TensorOfStorage + "K\u0002K\u0003\u0086K\u0003K\u0001\u0086\u0089}tRs."))));
        Assert.Equal([0, 1, 2, 3, 4, 5], file.ReadAll("a"));
    }

    [Theory]
    [InlineData("float16.bin")]
    [InlineData("legacy-not-zip.bin")]
    public void No_bytes_break_it(string name)
    {
        var valid = File.ReadAllBytes(Goldens.PathOf(name));
        var isZip = valid[0] == 'P';
        // The archive's directory lies at its end, the pickle at the start of both.
        Fuzz.Files(valid, 0, 16000, ReadAll);
        if (isZip)
            Fuzz.Files(valid, valid.Length - 10000, valid.Length, ReadAll);
    }

    [Fact]
    public void No_pickle_breaks_it()
    {
        // Random programs of the instructions that are known, with arguments that are often whole.
        var step = Gen.OneOf("(", "}", "]", ")", "t", "N", "K\u0003", "M\u0003\u0001", "J\u00FF\u00FF\u00FF\u007F", "U\u0001a", "q\u0001",
            "h\u0001", "a", "e", "s", "u", "0", "1", "2", "d", "l",
            "\u0085", "\u0086", "\u0087", "\u0088", "\u008A\u0002\u00FF\u00FF", "R", "b", "Q", "ccollections\nOrderedDict\n",
                "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch._utils\n_rebuild_parameter\n",
            "(U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0006tQ", TensorOfStorage,
                "K\u0002K\u0003\u0086K\u0003K\u0001\u0086\u0089}tR");
        using var folder = new TemporaryFolder();
        step.Array[0, 40].Sample(
            steps => Fuzz.Refused(() => ReadAll(folder.Write("x", Zip(string.Concat(steps) + ".")))), iter: 3000, threads: 1);
    }

    private static void ReadAll(string path)
    {
        using var file = TensorFiles.Open(path);
        foreach (var key in file.Keys.Where(key => file.Get(key).ElementCount < 1 << 16))
            file.ReadAll(key);
    }

    /// <summary>An archive of torch.save with a pickle, whose characters are its bytes, and one storage of the numbers 0 to 5.</summary>
    private static byte[] Zip(string pickle, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("archive/data.pkl", Encoding.Latin1.GetBytes("\u0080\u0002" + pickle));
            Add("archive/data/0", [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i))]);

            void Add(string name, byte[] bytes)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }

    /// <summary>The same archive with its numbers in 64-bit records.</summary>
    private static byte[] Widen(byte[] zip)
    {
        var end = zip.AsSpan(zip.Length - 22);
        int directory = BinaryPrimitives.ReadInt32LittleEndian(end[16..]), count = end[10];
        var bytes = new List<byte>(zip[..directory]);
        var at = directory;
        for (var i = 0; i < count; i++)
        {
            var record = zip[at..(at + 46 + zip[at + 28] + zip[at + 30])];
            at += record.Length;
            byte[] extra = [1, 0, 24, 0, .. Wide(24), .. Wide(20), .. Wide(42)];
            bytes.AddRange([.. record[..20], .. Filled(8), .. record[28..30], (byte)extra.Length, 0, .. record[32..42], .. Filled(4),
                .. record[46..(46 + record[28])], .. extra]);

            byte[] Wide(int field) => BitConverter.GetBytes((long)BitConverter.ToUInt32(record, field));
        }
        var (length, end64) = (bytes.Count - directory, bytes.Count);
        bytes.AddRange([.. "PK\x06\x06"u8, .. new byte[36], .. BitConverter.GetBytes((long)length),
            .. BitConverter.GetBytes((long)directory)]);
        bytes.AddRange([.. "PK\x06\x07"u8, .. new byte[4], .. BitConverter.GetBytes((long)end64), .. new byte[4]]);
        bytes.AddRange([.. "PK\x05\x06"u8, .. new byte[4], .. Filled(12), 0, 0]);
        return [.. bytes];

        static byte[] Filled(int count) => [.. Enumerable.Repeat((byte)0xFF, count)];
    }
}
