// Lists the tensors of a file that blip trace wrote: dotnet run samples/trace.cs FILE
//
// name, type, shape, root mean square and the first values.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

if (args is not [var path])
{
    Console.Error.WriteLine("usage: dotnet run samples/trace.cs FILE");
    return 2;
}

// Safetensors: the header's length in 8 bytes, a JSON header, then the values.
var file = File.ReadAllBytes(path);
var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
using var header = JsonDocument.Parse(file.AsMemory(8, length));
foreach (var tensor in header.RootElement.EnumerateObject().Where(entry => entry.Name != "__metadata__"))
{
    int[] Numbers(string name) => [.. tensor.Value.GetProperty(name).EnumerateArray().Select(number => number.GetInt32())];
    var (type, shape, place) = (tensor.Value.GetProperty("dtype").GetString(), Numbers("shape"), Numbers("data_offsets"));
    var bytes = file.AsSpan(8 + length + place[0], place[1] - place[0]);
    double[] values = type switch
    {
        "F32" => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(value => (double)value)],
        "I64" => [.. MemoryMarshal.Cast<byte, long>(bytes).ToArray().Select(value => (double)value)],
        _ => throw new NotSupportedException($"{tensor.Name} is {type}; traces hold F32 and I64."),
    };
    var rms = Math.Sqrt(values.Sum(value => value * value) / values.Length);
    Console.WriteLine(
        $"{tensor.Name,-25} {type} [{string.Join(", ", shape)}]  rms {rms:g3}: "
            + $"{string.Join(" ", values.Take(3).Select(value => $"{value:g3}"))}");
}
return 0;
