using Blip.Runtime.Files;

namespace Blip.Runtime.Pipelines;

/// <summary>Tells whether missing files are gone: an unmounted disk looks like an empty folder, or like none.</summary>
internal static class MissingFiles
{
    /// <summary>The reason to doubt that the files are gone; null for none.</summary>
    public static string? Doubt(IEnumerable<string> known, IEnumerable<string> missing)
    {
        var root = Common(known.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!));
        if (!Directory.Exists(root))
            return $"the folder '{root}', which all images were in, is not there";
        return missing.Select(path => Path.GetDirectoryName(Path.GetFullPath(path))!).Distinct().Select(Nearest).Distinct()
            .Select(Flaw).FirstOrDefault(flaw => flaw is not null);
    }

    // The folder, or the nearest existing one above it.
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
            return $"the folder '{folder}' cannot be read ({FailureReason.Of(e)})";
        }
    }

    private static string Common(IEnumerable<string> folders)
    {
        string? common = null;
        foreach (var folder in folders)
        {
            common ??= folder;
            while (common != folder && !folder.StartsWith(common + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                && Path.GetDirectoryName(common) is { } above)
                common = above;
        }
        return common!;
    }
}
