using System.Text.Json;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Writes the header of a safetensors file. The bytes of the tensors follow it, in the same order and without gaps.</summary>
internal static class SafetensorsWriter
{
    // The data begins at a multiple of 8, as the reference's library has it.
    private const int Alignment = 8;

    /// <summary>Writes the header.</summary>
    /// <param name="file">The file at its beginning.</param>
    /// <param name="tensors">The tensors in the order of their bytes.</param>
    /// <param name="metadata">The file's metadata (<c>__metadata__</c>); null for nothing.</param>
    public static void WriteHeader(Stream file, IEnumerable<TensorInfo> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = Json(tensors, metadata);
        var length = (header.Length + Alignment - 1) / Alignment * Alignment;
        file.Write(BitConverter.GetBytes((long)length));
        file.Write(header);
        file.Write(Enumerable.Repeat((byte)' ', length - header.Length).ToArray());
    }

    /// <summary>Writes a whole file in single precision, piece by piece.</summary>
    /// <param name="file">The file at its beginning.</param>
    /// <param name="tensors">Where the tensors come from.</param>
    /// <param name="keys">Which of them, in the order of their bytes.</param>
    /// <param name="metadata">The file's metadata; null for nothing.</param>
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
