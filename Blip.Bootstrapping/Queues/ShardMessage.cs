using System.Text.Json;

namespace Blip.Bootstrapping.Queues;

/// <summary>A message of a queue.</summary>
/// <param name="Run">The run's fingerprint.</param>
/// <param name="Shard">The shard's number.</param>
internal sealed record ShardMessage(string Run, int Shard)
{
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    /// <summary>The message; null where the bytes are none.</summary>
    public static ShardMessage? Read(byte[]? bytes)
    {
        try
        {
            var message = JsonSerializer.Deserialize<ShardMessage>(bytes, JsonSerializerOptions.Web);
            return message is { Run.Length: > 0, Shard: >= 0 } ? message : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
