using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>The files of one commit of a model: paths and lengths from the hub, not yet validated.</summary>
internal sealed record HubListing(string Commit, IReadOnlyList<(string Path, long? Size)> Files)
{
    private const int ShortestCommit = 7, LongestCommit = 64, MostFiles = 100_000;

    /// <summary>Reads the hub's answer.</summary>
    /// <exception cref="HubException">It is not a list of files.</exception>
    public static HubListing Parse(ReadOnlyMemory<byte> json, string host)
    {
        try
        {
            using var document = JsonInput.Parse(json);
            var root = document.RootElement;
            var commit = root.GetProperty("sha").GetString() ?? "";
            // The commit becomes a folder name.
            if (commit.Length is < ShortestCommit or > LongestCommit || !commit.All(char.IsAsciiHexDigitLower))
                throw new HubException($"{host} gives the commit '{Shown(commit)}', which is none.");
            var siblings = root.GetProperty("siblings");
            if (siblings.GetArrayLength() > MostFiles)
                throw new HubException($"{host} lists {siblings.GetArrayLength()} files: no model of Blip's has so many.");
            return new HubListing(commit, [.. siblings.EnumerateArray().Select(File)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException(
                $"{host} does not answer as a hub does: check HF_ENDPOINT, and whether a proxy or a login page stands between.", e);
        }
    }

    /// <summary>Whether a path stays within a folder, on every system.</summary>
    public static bool IsSafe(string path) =>
        path.Length is > 0 and <= 1024
        && path.Split('/').All(part => part.Length is > 0 and <= 255 && part is not ("." or "..") && part[^1] is not ('.' or ' ')
            && !part.Any(letter => char.IsControl(letter) || letter is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|'));

    public static string Shown(string path) => new([.. path.Take(80).Select(letter => char.IsControl(letter) ? '?' : letter)]);

    private static (string Path, long? Size) File(JsonElement sibling) =>
        (sibling.GetProperty("rfilename").GetString() ?? "", sibling.TryGetProperty("size", out var size) ? Length(size) : null);

    private static long? Length(JsonElement size) =>
        size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var length) && length >= 0 ? length : null;
}
