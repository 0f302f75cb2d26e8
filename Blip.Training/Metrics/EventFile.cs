using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Blip.Runtime.Files;

namespace Blip.Training.Metrics;

/// <summary>
/// TensorBoard's event file: records of length, checksum, protobuf Event, checksum (tensorflow/core/util/event.proto,
/// lib/io/record_writer.cc). Only the fields for scalars are written.
/// </summary>
internal sealed class EventFile : IDisposable
{
    // Event: wall_time 1, step 2, file_version 3, summary 5, session_log 7. Summary: value 1. Value: tag 1, simple_value 2.
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7, Value = 1, Tag = 1, SimpleValue = 2, Status = 1;
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;
    private const int SessionStart = 1;

    private readonly FileStream file;

    /// <summary>The file prefix that TensorBoard looks for.</summary>
    public const string Prefix = "events.out.tfevents.";

    private EventFile(FileStream file) => this.file = file;

    /// <summary>
    /// Makes a new file in an existing folder; TensorBoard merges the files of a folder. It drops records after
    /// <paramref name="resumeStep"/>.
    /// </summary>
    /// <exception cref="TrainingException">The file cannot be written.</exception>
    public static EventFile Create(string folder, DateTimeOffset time, long? resumeStep = null)
    {
        var name = $"{Prefix}{time.ToUnixTimeSeconds():D10}.blip.{Environment.ProcessId}.{Guid.NewGuid():N}";
        var path = Path.Combine(folder, name);
        try
        {
            var events = new EventFile(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
            events.Write(Event(time, null, message => Field(message, FileVersion, "brain.Event:2"u8)));
            if (resumeStep is { } last)
                events.Write(Event(time, last + 1, message => Field(message, SessionLog, [(Status << 3) | Varint, SessionStart])));
            return events;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"'{path}' cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    /// <summary>Appends a step's numbers as one record, by one write.</summary>
    public void Write(MetricLine line) => Write(Event(line.Time, line.Step, message =>
    {
        using var summary = new MemoryStream();
        foreach (var (name, value) in line.Values)
            Field(summary, Value, Scalar(name, (float)value));
        Field(message, Summary, summary.ToArray());
    }));

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>CRC-32C, masked as TensorFlow does it, so that checksums of checksums differ.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
            crc = BitOperations.Crc32C(crc, one);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    private static byte[] Event(DateTimeOffset time, long? step, Action<MemoryStream> content)
    {
        using var message = new MemoryStream();
        message.WriteByte((WallTime << 3) | Fixed64);
        message.Write(BitConverter.GetBytes((time - DateTimeOffset.UnixEpoch).TotalSeconds));
        if (step is { } number)
        {
            message.WriteByte((Step << 3) | Varint);
            WriteVarint(message, (ulong)number);
        }
        content(message);
        return message.ToArray();
    }

    private static byte[] Scalar(string name, float value)
    {
        using var message = new MemoryStream();
        Field(message, Tag, Encoding.UTF8.GetBytes(name));
        message.WriteByte((SimpleValue << 3) | Fixed32);
        message.Write(BitConverter.GetBytes(value));
        return message.ToArray();
    }

    private static void Field(MemoryStream message, int number, ReadOnlySpan<byte> content)
    {
        message.WriteByte((byte)((number << 3) | Bytes));
        WriteVarint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void WriteVarint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            message.WriteByte((byte)(value | 0x80));
        message.WriteByte((byte)value);
    }

    private void Write(byte[] message)
    {
        var record = new byte[sizeof(ulong) + sizeof(uint) + message.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)message.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc(record.AsSpan(0, 8)));
        message.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - 4), MaskedCrc(message));
        file.Write(record);
    }
}
