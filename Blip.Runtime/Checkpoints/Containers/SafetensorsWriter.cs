using System.Text.Json;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Writes a safetensors header. The tensors' bytes follow it in the same order without gaps.</summary>
internal static class SafetensorsWriter
{
    // The reference's library aligns the data to 8 bytes.
    private const int Alignment = 8;

    public static void WriteHeader(Stream file, IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = Json(tensors, metadata);
        var length = (header.Length + Alignment - 1) / Alignment * Alignment;
        file.Write(BitConverter.GetBytes((long)length));
        file.Write(header);
        file.Write(Enumerable.Repeat((byte)' ', length - header.Length).ToArray());
    }

    /// <summary>Writes a whole file as float32, piece by piece, in the order of the keys.</summary>
    public static void Write(
        Stream file, ITensorSource tensors, IReadOnlyList<string> keys, IReadOnlyDictionary<string, string>? metadata = null)
    {
        WriteHeader(file, keys.Select(key => tensors.Get(key) with { Type = DType.Float32 }), metadata);
        foreach (var key in keys)
            tensors.WriteTo(key, file);
    }

    private static byte[] Json(IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            if (metadata is not null)
                WriteMetadata(json, metadata);
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Key);
                json.WriteString("dtype", tensor.Type.SafetensorsName());
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset += tensor.ElementCount * tensor.Type.Bytes()]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach (var (key, value) in metadata)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
