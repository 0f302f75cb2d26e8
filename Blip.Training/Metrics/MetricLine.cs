using System.Text.Json;

namespace Blip.Training.Metrics;

/// <summary>
/// The measurements of a step. Names with a slash belong together: <c>loss/itc</c> and <c>loss/itm</c> are curves of one frame.
/// </summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Time">When it was measured.</param>
/// <param name="Values">The numbers by their names; NaN stands for a step that overflowed.</param>
internal sealed record MetricLine(long Step, int Epoch, DateTimeOffset Time, IReadOnlyList<KeyValuePair<string, double>> Values)
{
    private const string StepField = "step", EpochField = "epoch", TimeField = "time";

    /// <summary>The line as JSON, with its end: step, epoch and time first. NaN is null there.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber(StepField, Step);
            json.WriteNumber(EpochField, Epoch);
            json.WriteString(TimeField, Time.UtcDateTime);
            foreach (var (name, value) in Values)
            {
                if (double.IsFinite(value))
                    json.WriteNumber(name, value);
                else
                    json.WriteNull(name);
            }
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>Reads a line; null where it is cut off or no line of metrics.</summary>
    public static MetricLine? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var root = JsonElement.Parse(line);
            var values = root.EnumerateObject()
                .Where(field => field.Name is not (StepField or EpochField or TimeField))
                .Select(field => KeyValuePair.Create(
                    field.Name, field.Value.ValueKind == JsonValueKind.Null ? double.NaN : field.Value.GetDouble()));
            return new MetricLine(
                root.GetProperty(StepField).GetInt64(),
                root.GetProperty(EpochField).GetInt32(),
                root.GetProperty(TimeField).GetDateTimeOffset(),
                [.. values]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
