using System.Security.Cryptography;
using System.Text;

namespace Blip.Datasets.Files;

/// <summary>Makes sample keys from paths, unique, and safe as file names.</summary>
internal static class Keys
{
    // Most systems allow 255 bytes; the rest is for the extension and the suffix of a unique key.
    private const int LongestName = 200, LongestPath = 1000;

    /// <summary>The key of an image's path: with <c>/</c>, without its extension, a root, <c>.</c> or <c>..</c>.</summary>
    public static string OfPath(string path, bool keepExtension = false)
    {
        var segments = Segments(path);
        if (segments.Count == 0)
            return "";
        if (!keepExtension && Path.GetFileNameWithoutExtension(segments[^1]) is { Length: > 0 } stem)
            segments[^1] = stem;
        return string.Join('/', segments);
    }

    /// <summary>
    /// A key as a path below a folder, on any system. Parts that lead out are dropped, and refused characters become <c>_</c>. Too long
    /// names are cut and get a hash.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="withoutDots">Whether the last name's dots become <c>_</c>: a webdataset key ends at the first dot.</param>
    public static string Safe(string key, bool withoutDots = false)
    {
        var segments = Segments(key);
        for (var i = 0; i < segments.Count; i++)
            segments[i] = SafeName(segments[i], withoutDots && i == segments.Count - 1);
        var safe = segments.Count == 0 ? "_" : string.Join('/', segments);
        return Encoding.UTF8.GetByteCount(safe) > LongestPath ? Short(safe.Replace('/', '_')) : safe;
    }

    // Equal names stay equal, and different ones different.
    private static string Short(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= LongestName)
            return name;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 8));
        var (length, bytes) = (0, 0);
        foreach (var rune in name.EnumerateRunes())
        {
            if ((bytes += rune.Utf8SequenceLength) > LongestName - hash.Length - 1)
                break;
            length += rune.Utf16SequenceLength;
        }
        return $"{name[..length]}~{hash}";
    }

    private static List<string> Segments(string path)
    {
        // Drops a drive letter.
        var start = path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0]) ? 2 : 0;
        return [.. path[start..].Split('/', '\\').Where(segment => segment is not ("" or "." or ".."))];
    }

    private static string SafeName(string name, bool withoutDots)
    {
        var safe = string.Create(name.Length, (name, withoutDots), static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                var c = from.name[i];
                to[i] = c < ' ' || c == 0x7F || ":*?\"<>|".Contains(c) || (c == '.' && from.withoutDots) ? '_' : c;
            }
        });
        // Windows drops final dots and blanks, and reserves device names.
        if (safe[^1] is '.' or ' ')
            safe = safe[..^1] + '_';
        return Short(safe[0] == '.' || IsDevice(safe) ? '_' + safe : safe);
    }

    private static bool IsDevice(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? name : name[..dot]).ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" || (stem.Length == 4 && char.IsAsciiDigit(stem[3]) && stem[..3] is "COM" or "LPT");
    }

    /// <summary>Gives each key of a shard once.</summary>
    /// <param name="comparer">Compares keys.</param>
    public sealed class Unique(StringComparer comparer)
    {
        private readonly HashSet<string> given = new(comparer);

        /// <summary>The first new key; if none is new, the last one with <c>~2</c>, <c>~3</c>, ….</summary>
        public string Next(params ReadOnlySpan<string> keys)
        {
            foreach (var key in keys)
            {
                if (given.Add(key))
                    return key;
            }
            for (var number = 2; ; number++)
            {
                var next = $"{keys[^1]}~{number}";
                if (given.Add(next))
                    return next;
            }
        }
    }
}
