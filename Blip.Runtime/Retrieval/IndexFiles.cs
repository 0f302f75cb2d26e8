using System.Globalization;

namespace Blip.Runtime.Retrieval;

/// <summary>
/// The files of an index: <c>NAME</c>, its journal; <c>NAME.vectors-1</c>, that journal's vectors; <c>NAME.lock</c>, held by the writer.
/// </summary>
internal static class IndexFiles
{
    private const string VectorsMark = ".vectors-", UnfinishedMark = ".unfinished";

    public static string Vectors(string path, long generation) =>
        string.Create(CultureInfo.InvariantCulture, $"{path}{VectorsMark}{generation}");

    public static string Unfinished(string path) => path + UnfinishedMark;

    /// <summary>Removes a killed writer's remains: vectors without a journal, and an unpublished journal. Needs the lock.</summary>
    public static void RemoveLeftovers(string path, long generation)
    {
        var vectors = Path.GetFileName(Vectors(path, generation));
        // The name may hold an asterisk: it is no pattern.
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
