using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Checkpoints;

/// <summary>
/// Checkpoints that follow from <c>tied-float32.safetensors</c>, and two that are all nesting. Tracking them would cost 1.8 MB.
/// </summary>
/// <remarks>
/// A file is refused here unless it equals the reference library's output byte for byte, so no fault of Blip's writer can hide in it.
/// An archive has dates that no hash can hold; its pickle is one repeated byte.
/// </remarks>
internal static class DerivedCheckpoints
{
    private const string Norm = "vision_model.post_layernorm.weight", Words = "text_decoder.bert.embeddings.word_embeddings.weight";
    private const string Head = "text_decoder.cls.predictions.decoder", OutputMatrix = $"{Head}.weight", OutputBias = $"{Head}.bias";
    private const string Bias = "text_decoder.cls.predictions.bias", Positions = "text_decoder.bert.embeddings.position_ids";
    private const int PickleDepth = 200_000, JsonDepth = 50_000;

    // How each file is made, and the SHA-256 of the one that eng/goldens/recorders wrote; null for the archive.
    private static readonly Dictionary<string, (Func<byte[]> Make, string? Hash)> Files = new()
    {
        ["tied-float64.safetensors"] = (
            () => Safetensors(Tied().Select(tensor => Of(tensor.Info.Key, DType.Float64, tensor.Info.Shape, Widened(tensor)))),
            "a1d1398c22d1af80e3a988fcc0afdccc36e1e19d6a3dc8a36a875e77839fbed9"),
        ["legacy-4x.safetensors"] = (
            () => Safetensors([.. Full(), Of(Positions, DType.Int64, [1, 40], [.. Enumerable.Range(0, 40).Select(i => (long)i)])]),
            "24693bddefa90d1b166dce3f10a8057dc03f5061e7a8aa05ef1820251ad33d87"),
        ["untied.safetensors"] = (
            () => Safetensors(Full().Select(tensor => tensor.Info.Key == OutputMatrix ? Salted(tensor.Info) : tensor)),
            "0e861ddba93fdb17386fe23a3fc37ee7c2086a3aba71e73c0965107b0e2fba09"),
        ["extra-key.safetensors"] = (
            () => Safetensors([.. Tied(), Of("text_decoder.surprise", DType.Float32, [2], new float[2])]),
            "441d4362f5d676d37951865d4e237eee163efebe86a2452bab4ddb682e827591"),
        ["bad-missing-key.safetensors"] = (
            () => Safetensors(Tied().Where(tensor => tensor.Info.Key != Norm)),
            "b90bf29d8947a793f8edd865cdcbfad27b7fd8a7fc2acc4296cf979645a79e1c"),
        ["bad-wrong-shape.safetensors"] = (
            () => Safetensors(Tied().Select(tensor => tensor.Info.Key == Norm ? Of(Norm, DType.Float32, [31], new float[31]) : tensor)),
            "823925028ef7af02be01734867ade2c119d2d1700fad1a591edce8e35e81a534"),
        ["bad-deep.safetensors"] = (DeepHeader, "2ab2a367cac8c167594a5a29ca70d4f8ce6f95c44edb4722f4208e7a9ce58c67"),
        ["bad-deep.bin"] = (DeepPickle, null),
    };

    private static readonly Lazy<string> Folder = new(WriteAll);

    /// <summary>The path of a file, written when the first of them is asked for; null where the name is not one of these.</summary>
    public static string? PathOf(string name) => Files.ContainsKey(name) ? Path.Combine(Folder.Value, name) : null;

    private static string WriteAll()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        foreach (var (name, (make, hash)) in Files)
        {
            var bytes = make();
            var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            Assert.True(hash is null || hash == found, $"{name}: its SHA-256 is {found}, that of the reference's file is {hash}");
            folder.Write(name, bytes);
        }
        return folder.Path;
    }

    private static IEnumerable<Tensor> Tied()
    {
        using var file = new SafetensorsFile(Goldens.PathOf("tied-float32.safetensors"));
        return [.. file.Keys.Select(key => Of(key, DType.Float32, file.Get(key).Shape, file.ReadAll(key)))];
    }

    // With the output matrix and its bias written out, as the releases 4.x saved them.
    private static Tensor[] Full()
    {
        Tensor[] tied = [.. Tied()];
        return [.. tied, Renamed(Words, OutputMatrix), Renamed(Bias, OutputBias)];

        Tensor Renamed(string key, string name)
        {
            var tensor = tied.Single(tensor => tensor.Info.Key == key);
            return tensor with { Info = tensor.Info with { Key = name } };
        }
    }

    private static Tensor Salted(TensorInfo info)
    {
        var values = new float[info.ElementCount];
        var (offset, scale) = SyntheticTensors.Rule(info.Key, info.Shape);
        SyntheticTensors.Fill("untied:" + info.Key, offset, scale, values);
        return Of(info.Key, DType.Float32, info.Shape, values);
    }

    private static double[] Widened(Tensor tensor) =>
        [.. MemoryMarshal.Cast<byte, float>(tensor.Bytes).ToArray().Select(value => (double)value)];

    private static Tensor Of<T>(string key, DType type, long[] shape, T[] values) where T : unmanaged =>
        new(new(key, type, shape), MemoryMarshal.AsBytes<T>(values).ToArray());

    private static byte[] Safetensors(IEnumerable<Tensor> tensors)
    {
        // The reference's library puts the widest elements first, then goes by name.
        Tensor[] ordered =
            [.. tensors.OrderByDescending(tensor => tensor.Info.Type.Bytes()).ThenBy(tensor => tensor.Info.Key, StringComparer.Ordinal)];
        using var stream = new MemoryStream();
        SafetensorsWriter.WriteHeader(stream, ordered.Select(tensor => tensor.Info));
        foreach (var tensor in ordered)
            stream.Write(tensor.Bytes);
        return stream.ToArray();
    }

    private static byte[] DeepHeader()
    {
        byte[] header =
            [.. "{\"a\":"u8, .. Enumerable.Repeat((byte)'[', JsonDepth), .. Enumerable.Repeat((byte)']', JsonDepth), .. "}"u8];
        return [.. BitConverter.GetBytes((long)header.Length), .. header];
    }

    private static byte[] DeepPickle()
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("archive/data.pkl", [0x80, 2, .. Enumerable.Repeat((byte)'(', PickleDepth), (byte)'.']);
            Add("archive/byteorder", "little"u8);
            Add("archive/version", "3\n"u8);

            void Add(string name, ReadOnlySpan<byte> bytes)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(bytes);
            }
        }
        return stream.ToArray();
    }

    private readonly record struct Tensor(TensorInfo Info, byte[] Bytes);
}
