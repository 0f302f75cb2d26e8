using System.Globalization;
using System.IO.Enumeration;
using System.Text.RegularExpressions;
using Blip.Datasets.Remote;

namespace Blip.Datasets;

/// <summary>
/// Expands sources: ranges (<c>{00000..00123}</c>, with zeros), choices (<c>{a,b}</c>), and file patterns (<c>*</c>, <c>?</c>, and
/// <c>**</c> for any folders).
/// </summary>
public static partial class SourcePatterns
{
    private const int MostNames = 1_000_000;

    private static readonly char[] Wildcards = ['*', '?'];

    /// <summary>Expands one source. An existing file or folder takes precedence over a pattern.</summary>
    /// <param name="source">A file, folder, pattern, address or command. Commands have only ranges; addresses also choices.</param>
    /// <returns>Distinct sources: ranges and choices in their order, a pattern's files in ordinal order.</returns>
    /// <exception cref="DatasetException">Nothing matches.</exception>
    public static IReadOnlyList<string> Expand(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (string.IsNullOrWhiteSpace(source))
            throw new DatasetException("A source is an empty name: name a file, a folder, a pattern, an address or a command.");
        if (RemoteSource.IsCommand(source))
            return Braces(source, Ranges());
        if (RemoteSource.IsRemote(source))
            return Braces(source, Groups());
        if (Path.Exists(source))
            return [source];
        var names = Braces(source, Groups());
        var found = names.SelectMany(name => Path.Exists(name) ? [name] : name.IndexOfAny(Wildcards) >= 0 ? Files(name) : [])
            .Distinct().ToList();
        if (found.Count == 0)
        {
            throw new DatasetException(names.Count > 1 || source.IndexOfAny(Wildcards) >= 0
                ? $"{source}: no file or folder matches this pattern."
                : $"{source}: there is no such file or folder.");
        }
        // A missing number of a range is an error; a pattern takes existing files.
        if (names.FirstOrDefault(name => name.IndexOfAny(Wildcards) < 0 && !Path.Exists(name)) is { } missing)
            throw new DatasetException($"{source}: {missing} is not there. Where gaps are meant to be, write * instead of the range.");
        return found;
    }

    private static List<string> Braces(string source, Regex groups)
    {
        var names = new List<string> { source };
        for (var from = 0; from < names.Count;)
        {
            var name = names[from];
            if (groups.Match(name) is not { Success: true } group)
            {
                from++;
                continue;
            }
            var (before, after) = (name[..group.Index], name[(group.Index + group.Length)..]);
            names.RemoveAt(from);
            names.InsertRange(from, Choices(source, group.Groups[1].Value).Select(choice => before + choice + after));
            if (names.Count > MostNames)
                throw TooMany(source);
        }
        return [.. names.Distinct()];
    }

    private static IEnumerable<string> Choices(string source, string group)
    {
        if (Range().Match(group) is not { Success: true } range)
            return group.Split(',');
        var (first, last) = (range.Groups[1].Value, range.Groups[2].Value);
        if (!long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || !long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to) || Math.Abs(to - from) >= MostNames)
            throw TooMany(source);
        var padded = (first.Length > 1 && first[0] == '0') || (last.Length > 1 && last[0] == '0');
        var digits = padded ? Math.Max(first.Length, last.Length) : 1;
        return Enumerable.Range(0, (int)Math.Abs(to - from) + 1)
            .Select(i => (from + (to < from ? -i : i)).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0'));
    }

    private static DatasetException TooMany(string source) => new($"{source}: this stands for more than {MostNames} names; give fewer.");

    private static IEnumerable<string> Files(string pattern)
    {
        var parts = pattern.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        var rooted = parts[0].Length == 0 || parts[0].EndsWith(':');
        var start = rooted ? parts[0] + '/' : "";
        return Walk(start, rooted ? parts.AsMemory(1) : parts.AsMemory()).Distinct().Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Walk(string folder, ReadOnlyMemory<string> parts)
    {
        if (parts.IsEmpty)
            return [folder];
        var (part, rest) = (parts.Span[0], parts[1..]);
        if (part == "**")
            return Below(folder).SelectMany(below => Walk(below, rest.IsEmpty ? new[] { "*" } : rest));
        if (part.IndexOfAny(Wildcards) < 0)
        {
            var path = folder + part;
            return rest.IsEmpty ? Path.Exists(path) ? [path] : [] : Directory.Exists(path) ? Walk(path + '/', rest) : [];
        }
        var names = Names(folder, rest.IsEmpty).Where(name => IsMatch(part, name));
        return rest.IsEmpty ? names.Select(name => folder + name) : names.SelectMany(name => Walk(folder + name + '/', rest));
    }

    // Links to folders are skipped, since they may lead back.
    private static IEnumerable<string> Below(string folder)
    {
        yield return folder;
        foreach (var name in Names(folder, withFiles: false))
        {
            if (name[0] == '.' || new DirectoryInfo(folder + name).LinkTarget is not null)
                continue;
            foreach (var below in Below(folder + name + '/'))
                yield return below;
        }
    }

    private static IEnumerable<string> Names(string folder, bool withFiles)
    {
        var options = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true };
        var directory = folder.Length == 0 ? "." : folder;
        var paths = withFiles
            ? Directory.EnumerateFileSystemEntries(directory, "*", options)
            : Directory.EnumerateDirectories(directory, "*", options);
        return paths.Select(path => Path.GetFileName(path));
    }

    // As in a shell, hidden files need a pattern that begins with a dot.
    private static bool IsMatch(string pattern, string name) =>
        (name[0] != '.' || pattern[0] == '.') && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    [GeneratedRegex(@"^(\d+)\.\.(\d+)$")]
    private static partial Regex Range();

    [GeneratedRegex(@"(?<!\$)\{([^{}]*,[^{}]*|\d+\.\.\d+)\}")]
    private static partial Regex Groups();

    [GeneratedRegex(@"(?<!\$)\{(\d+\.\.\d+)\}")]
    private static partial Regex Ranges();
}
