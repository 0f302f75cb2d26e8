using System.Security.Cryptography;
using System.Text;

namespace Blip.Datasets.Files;

/// <summary>Keys of samples: made of paths, made unique, and made safe as names of files.</summary>
internal static class Keys
{
    // A name of a file has 255 bytes on most systems; the rest is for the extension and for the suffix that makes a key unique.
    private const int LongestName = 200, LongestPath = 1000;

    /// <summary>The key of an image's path: without its extension, with <c>/</c>, and without a root, <c>.</c> or <c>..</c>.</summary>
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
    /// A key as a path below a folder, on any system. Parts that lead out of the folder are dropped, and characters that a system refuses
    /// become <c>_</c>. A name that is too long for a file is cut, and gets its hash.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="withoutDots">Whether dots of the last name become <c>_</c>, too: a webdataset key ends at the first.</param>
    public static string Safe(string key, bool withoutDots = false)
    {
        var segments = Segments(key);
        for (var i = 0; i < segments.Count; i++)
            segments[i] = SafeName(segments[i], withoutDots && i == segments.Count - 1);
        var safe = segments.Count == 0 ? "_" : string.Join('/', segments);
        return Encoding.UTF8.GetByteCount(safe) > LongestPath ? Short(safe.Replace('/', '_')) : safe;
    }

    // Equal names stay equal, and others stay apart.
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
        // A drive letter is no part of a name.
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
        // Windows drops dots and blanks at the end of a name, and keeps some names for devices.
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

    /// <summary>Keys of one shard, each given once.</summary>
    /// <param name="comparer">How two keys are compared.</param>
    public sealed class Unique(StringComparer comparer)
    {
        private readonly HashSet<string> given = new(comparer);

        /// <summary>The first key that was not given before; where all were, the last with <c>~2</c>, <c>~3</c>, … after it.</summary>
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
