using System.Text;

namespace Blip.Runtime.Hub;

/// <summary>Where models come from and where they are kept. Omitted options follow Hugging Face's tools.</summary>
public sealed record ModelHubOptions
{
    /// <summary>Most connections of one download.</summary>
    public const int MaxConnections = 16;

    /// <summary>
    /// The cache's folder; null: <c>HF_HUB_CACHE</c> or its older names, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>The hub's address; null: <c>HF_ENDPOINT</c>, else https://huggingface.co.</summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// The user's token; null: <c>HF_TOKEN</c>, else the file of <c>hf auth login</c>; empty for none. It is sent only to the hub, never
    /// to a redirect's host.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether to avoid the network; null: <c>HF_HUB_OFFLINE</c>.</summary>
    public bool? Offline { get; init; }

    /// <summary>Parallel connections, 1 to <see cref="MaxConnections"/>.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long a connection may be silent before it counts as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait before each retry of a part of a file.</summary>
    internal IReadOnlyList<TimeSpan> Waits { get; init; } = [.. new[] { 1, 2, 4, 8, 16 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>The same for the first requests, so that a wrong name or lost network is reported soon.</summary>
    internal IReadOnlyList<TimeSpan> FirstWaits { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    /// <summary>Bytes per request.</summary>
    internal int PieceBytes { get; init; } = 4 << 20;

    /// <summary>Whether snapshots may link to blobs; otherwise they hold the files.</summary>
    internal bool Links { get; init; } = true;

    /// <summary>The free bytes of a folder's disk; null if unknown.</summary>
    internal Func<string, long?> FreeBytes { get; init; } = Disk.FreeBytes;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and its allowed values.</exception>
    public void Validate()
    {
        if (Connections is < 1 or > MaxConnections)
            throw new ArgumentException($"Connections is {Connections}: give 1 to {MaxConnections}.", nameof(Connections));
        if (Silence <= TimeSpan.Zero || Silence > TimeSpan.FromDays(1))
            throw new ArgumentException($"Silence is {Silence}: give a time of up to a day.", nameof(Silence));
        if (CacheFolder is "")
            throw new ArgumentException("CacheFolder is empty: give a folder, or leave it out.", nameof(CacheFolder));
    }

    // Logs must not contain the token.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(
            $"CacheFolder = {CacheFolder}, Endpoint = {Endpoint}, Token = {(string.IsNullOrEmpty(Token) ? Token : "***")}, "
            + $"Offline = {Offline}, Connections = {Connections}, Silence = {Silence}");
        return true;
    }
}
