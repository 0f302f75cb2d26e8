namespace Blip.Runtime.Pipelines;

/// <summary>Whether files that are not seen are gone: a disk that is not mounted looks like an empty folder, or like none.</summary>
internal static class MissingFiles
{
    /// <summary>Why the files may be there all the same, in words; null where nothing says so.</summary>
    /// <param name="known">All files that are known.</param>
    /// <param name="missing">Those among them that are not seen.</param>
    public static string? Doubt(IEnumerable<string> known, IEnumerable<string> missing)
    {
        var root = Common(known.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!));
        if (!Directory.Exists(root))
            return $"the folder '{root}', which all images were in, is not there";
        return missing.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!).Distinct().Select(Nearest).Distinct()
            .Select(Flaw).FirstOrDefault(flaw => flaw is not null);
    }

    // The folder itself, or the nearest one above it that is there.
    private static string Nearest(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
            folder = above;
        return folder;
    }

    private static string? Flaw(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).Any() ? null : $"the folder '{folder}' is empty";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the folder '{folder}' cannot be read ({e.Message.TrimEnd('.')})";
        }
    }

    private static string Common(IEnumerable<string> folders)
    {
        string? common = null;
        foreach (var folder in folders)
        {
            common ??= folder;
            while (common != folder && !folder.StartsWith(common + Path.DirectorySeparatorChar, StringComparison.Ordinal) && Path.GetDirectoryName(common) is { } above)
                common = above;
        }
        return common!;
    }
}
