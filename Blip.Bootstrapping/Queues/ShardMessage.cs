using System.Text.Json;

namespace Blip.Bootstrapping.Queues;

internal sealed record ShardMessage(string Run, int Shard)
{
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    /// <summary>The message; null for other bytes.</summary>
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
