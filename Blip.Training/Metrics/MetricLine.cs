using System.Text.Json;

namespace Blip.Training.Metrics;

/// <summary>The measurements of a step. A slash groups names: <c>loss/itc</c> and <c>loss/itm</c> share a frame.</summary>
/// <param name="Step">The step, from 1.</param>
/// <param name="Epoch">The epoch, from 0.</param>
/// <param name="Time">The time of measurement.</param>
/// <param name="Values">Values by name; NaN for a step that overflowed.</param>
internal sealed record MetricLine(long Step, int Epoch, DateTimeOffset Time, IReadOnlyList<KeyValuePair<string, double>> Values)
{
    private const string StepField = "step", EpochField = "epoch", TimeField = "time";

    /// <summary>A line of JSON with its line end: first step, epoch and time. NaN becomes null.</summary>
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

    /// <summary>Parses a line; null where it is cut off or no line of metrics.</summary>
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
