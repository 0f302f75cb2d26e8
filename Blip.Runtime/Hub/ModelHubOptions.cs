using System.Text;

namespace Blip.Runtime.Hub;

/// <summary>Where models come from and where they are kept. Omitted options have the values of Hugging Face's tools.</summary>
public sealed record ModelHubOptions
{
    /// <summary>Most connections that one download may use.</summary>
    public const int MaxConnections = 16;

    /// <summary>
    /// The cache's folder; null for the user's: <c>HF_HUB_CACHE</c> or its older names, else <c>HF_HOME/hub</c>, else
    /// <c>~/.cache/huggingface/hub</c>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>The hub's address; null for <c>HF_ENDPOINT</c>, else https://huggingface.co.</summary>
    public string? Endpoint { get; init; }

    /// <summary>
    /// The user's token; null for <c>HF_TOKEN</c>, else the one that <c>hf auth login</c> left in a file; empty for none. It is sent to the
    /// hub alone, never to a host that the hub leads to.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether the network is left alone; null for <c>HF_HUB_OFFLINE</c>.</summary>
    public bool? Offline { get; init; }

    /// <summary>Connections at the same time, 1 to <see cref="MaxConnections"/>.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long nothing may come before a connection counts as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The waits before each further try of a part of a file.</summary>
    internal IReadOnlyList<TimeSpan> Waits { get; init; } = [.. new[] { 1, 2, 4, 8, 16 }.Select(seconds => TimeSpan.FromSeconds(seconds))];

    /// <summary>The same for questions that come before: a wrong name or a lost network is told soon.</summary>
    internal IReadOnlyList<TimeSpan> FirstWaits { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)];

    /// <summary>Bytes that one request asks for.</summary>
    internal int PieceBytes { get; init; } = 4 << 20;

    /// <summary>Whether snapshots may link to blobs; without links they hold the files themselves.</summary>
    internal bool Links { get; init; } = true;

    /// <summary>The free bytes of the disk with a folder; null where they are not known.</summary>
    internal Func<string, long?> FreeBytes { get; init; } = Disk.FreeBytes;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    public void Validate()
    {
        if (Connections is < 1 or > MaxConnections)
            throw new ArgumentException($"Connections is {Connections}: give 1 to {MaxConnections}.", nameof(Connections));
        if (Silence <= TimeSpan.Zero || Silence > TimeSpan.FromDays(1))
            throw new ArgumentException($"Silence is {Silence}: give a time of up to a day.", nameof(Silence));
        if (CacheFolder is "")
            throw new ArgumentException("CacheFolder is empty: give a folder, or leave it out.", nameof(CacheFolder));
    }

    // A token in a log is a token lost.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(
            $"CacheFolder = {CacheFolder}, Endpoint = {Endpoint}, Token = {(string.IsNullOrEmpty(Token) ? Token : "***")}, "
            + $"Offline = {Offline}, Connections = {Connections}, Silence = {Silence}");
        return true;
    }
}
