using System.Buffers.Binary;
using System.Text;

namespace Blip.Tests.Training;

/// <summary>Reads TensorBoard event files, by the formats' descriptions alone: checksums bit by bit, fields as they come.</summary>
internal static class EventRecords
{
    /// <summary>The contents of an event.</summary>
    internal sealed record Event(
        double Time, long Step, string? Version, bool SessionStarts, IReadOnlyList<(string Tag, float Value)> Scalars);

    /// <summary>The events of a file; every checksum is compared.</summary>
    public static List<Event> Read(string path)
    {
        var (events, rest) = (new List<Event>(), File.ReadAllBytes(path).AsMemory());
        while (rest.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest.Span);
            Assert.Equal(Masked(rest.Span[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest.Span[8..]));
            var message = rest.Slice(12, length);
            Assert.Equal(Masked(message.Span), BinaryPrimitives.ReadUInt32LittleEndian(rest.Span[(12 + length)..]));
            events.Add(Parse(message));
            rest = rest[(16 + length)..];
        }
        return events;
    }

    private static Event Parse(ReadOnlyMemory<byte> message)
    {
        var found = new Event(0, 0, null, false, []);
        foreach (var (number, value, content) in Fields(message))
        {
            found = number switch
            {
                1 => found with { Time = BitConverter.UInt64BitsToDouble(value) },
                2 => found with { Step = (long)value },
                3 => found with { Version = Encoding.UTF8.GetString(content.Span) },
                5 => found with { Scalars = [.. Fields(content).Select(field => Scalar(field.Content))] },
                7 => found with { SessionStarts = Fields(content).Single() is (1, 1, _) },
                _ => throw new InvalidDataException($"field {number} is none of an event's"),
            };
        }
        return found;
    }

    private static (string, float) Scalar(ReadOnlyMemory<byte> message)
    {
        var fields = Fields(message).ToDictionary(field => field.Number);
        Assert.Equal([1, 2], fields.Keys.Order());
        return (Encoding.UTF8.GetString(fields[1].Content.Span), BitConverter.UInt32BitsToSingle((uint)fields[2].Value));
    }

    private static IEnumerable<(int Number, ulong Value, ReadOnlyMemory<byte> Content)> Fields(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var key = Varint(ref message);
            var (number, value, content) = ((int)(key >> 3), 0UL, ReadOnlyMemory<byte>.Empty);
            switch (key & 7)
            {
                case 0:
                    value = Varint(ref message);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(message.Span);
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref message);
                    (content, message) = (message[..length], message[length..]);
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(message.Span);
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
            yield return (number, value, content);
        }
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var one = message.Span[0];
            message = message[1..];
            value |= (ulong)(one & 0x7F) << shift;
            if (one < 0x80)
                return value;
        }
    }

    // CRC-32C with the reflected polynomial 0x82F63B78, then the mask of TensorFlow's record files.
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) == 1 ? 0x82F63B78u : 0);
        }
        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }
}
