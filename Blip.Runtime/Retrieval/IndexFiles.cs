using System.Globalization;

namespace Blip.Runtime.Retrieval;

/// <summary>The files of an index: <c>NAME</c>, its journal; <c>NAME.vectors-1</c>, the vectors that this journal speaks of; <c>NAME.lock</c>, held by the writer.</summary>
internal static class IndexFiles
{
    private const string VectorsMark = ".vectors-", UnfinishedMark = ".unfinished";

    /// <summary>Where the vectors of a journal lie.</summary>
    public static string Vectors(string path, long generation) => string.Create(CultureInfo.InvariantCulture, $"{path}{VectorsMark}{generation}");

    /// <summary>A journal that is not in its place yet.</summary>
    public static string Unfinished(string path) => path + UnfinishedMark;

    /// <summary>Removes the remains of a killed writer: vectors of no journal, and a journal in no place. Only for the holder of the lock.</summary>
    public static void RemoveLeftovers(string path, long generation)
    {
        var vectors = Path.GetFileName(Vectors(path, generation));
        // The name is no pattern: it may hold an asterisk.
        var start = Path.GetFileName(path) + VectorsMark;
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(Path.GetFullPath(path))!).ToList())
        {
            var name = Path.GetFileName(file);
            if (name != vectors && name.StartsWith(start, StringComparison.Ordinal)
                && long.TryParse(name.AsSpan(start.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                File.Delete(file);
        }
        File.Delete(Unfinished(path));
    }
}
