using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// The header of a safetensors file: 8 bytes of length, then JSON with type, shape and place of each tensor. The tensors must cover the
/// data exactly, each byte once.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const int LongestHeader = 100_000_000;
    private const int MostDimensions = 16;

    private static readonly Dictionary<string, DType> Types =
        Enum.GetValues<DType>().DistinctBy(DTypes.SafetensorsName).ToDictionary(DTypes.SafetensorsName);

    private readonly MappedFile file;
    private readonly long dataStart;
    private readonly Dictionary<string, Entry> entries = [];
    private readonly Dictionary<string, string> metadata = [];

    private SafetensorsHeader(MappedFile file, long dataStart) => (this.file, this.dataStart) = (file, dataStart);

    public Dictionary<string, Entry> Entries => entries;

    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>A tensor and its byte offset in the file.</summary>
    public sealed record Entry(TensorInfo Info, long Offset)
    {
        public long End => Offset + Info.ElementCount * Info.Type.Bytes();
    }

    /// <exception cref="CheckpointException">The header is damaged or does not fit the data.</exception>
    public static SafetensorsHeader Read(MappedFile file)
    {
        if (file.Length < 8)
            throw file.Error($"{file.Length} bytes are too few for a safetensors file; download or copy it again");
        var length = BitConverter.ToUInt64(file.Span(0, 8));
        if (length > LongestHeader)
            throw file.Error(
                $"the header claims {length} bytes, more than the {LongestHeader} that safetensors allows: this is no safetensors file, or "
                    + $"a damaged one");
        if (length > (ulong)file.Length - 8)
            throw file.Error($"the header claims {length} bytes and the file holds {file.Length}: it is cut short");
        var header = new SafetensorsHeader(file, 8 + (long)length);
        try
        {
            header.ReadJson(new Utf8JsonReader(file.Span(8, (int)length)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            var reason = e is JsonException json ? JsonInput.Reason(json) : JsonInput.AnotherKind;
            throw file.Error($"the header is not the JSON of a safetensors file ({reason})", e);
        }
        header.CheckCover();
        return header;
    }

    private void ReadJson(Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw file.Error("the header is no JSON object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (key == "__metadata__")
                ReadMetadata(ref json);
            else if (!entries.TryAdd(key, ReadEntry(ref json, key)))
                throw file.Error($"the header names the tensor '{key}' twice");
        }
        // A second value after the object makes the reader throw.
        json.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw file.Error("__metadata__ is no JSON object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var key = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String)
                throw file.Error($"__metadata__ has a '{key}' that is no text");
            metadata[key] = json.GetString()!;
        }
    }

    private Entry ReadEntry(ref Utf8JsonReader json, string key)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            throw file.Error($"the header's entry '{key}' is no JSON object");
        string? typeName = null;
        List<long>? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = json.GetString();
            json.Read();
            switch (field)
            {
                case "dtype": typeName = json.GetString(); break;
                case "shape": shape = ReadNumbers(ref json, key, field, MostDimensions); break;
                case "data_offsets": offsets = ReadNumbers(ref json, key, field, 2); break;
                // The reference's library ignores unknown fields.
                default: json.Skip(); break;
            }
        }
        if (typeName is null || shape is null || offsets is not [var begin, var end])
            throw file.Error($"the tensor '{key}' lacks one of dtype, shape and data_offsets");
        if (!Types.TryGetValue(typeName, out var type))
            throw file.Error($"the tensor '{key}' has the type '{typeName}', which is not one of {string.Join(", ", Types.Keys)}");
        var size = ByteCount(shape, type);
        if (size is null || begin > end || end > file.Length - dataStart || end - begin != size)
            throw file.Error(
                $"the tensor '{key}' of shape {TensorInfo.Format(shape)} and type {typeName} cannot lie at bytes {begin} to {end} of "
                    + $"{file.Length - dataStart}");
        return new Entry(new TensorInfo(key, type, [.. shape]), dataStart + begin);
    }

    private List<long> ReadNumbers(ref Utf8JsonReader json, string key, string field, int most)
    {
        if (json.TokenType != JsonTokenType.StartArray)
            throw file.Error($"the tensor '{key}' has a {field} that is no array");
        var numbers = new List<long>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0 || numbers.Count == most)
                throw file.Error($"the tensor '{key}' has a {field} with something else than up to {most} whole numbers from 0");
            numbers.Add(number);
        }
        return numbers;
    }

    private static long? ByteCount(List<long> shape, DType type)
    {
        Int128 bytes = type.Bytes();
        foreach (var length in shape)
        {
            bytes *= length;
            if (bytes > long.MaxValue)
                return null;
        }
        return (long)bytes;
    }

    private void CheckCover()
    {
        var (end, last) = (dataStart, "the header");
        foreach (var entry in entries.Values.OrderBy(e => e.Offset).ThenBy(e => e.End))
        {
            if (entry.Offset < end)
                throw file.Error($"the tensors '{last}' and '{entry.Info.Key}' share bytes");
            if (entry.Offset > end)
                throw file.Error($"{entry.Offset - end} bytes before the tensor '{entry.Info.Key}' belong to no tensor");
            (end, last) = (entry.End, entry.Info.Key);
        }
        if (end != file.Length)
            throw file.Error($"{file.Length - end} bytes at the end belong to no tensor");
    }
}
