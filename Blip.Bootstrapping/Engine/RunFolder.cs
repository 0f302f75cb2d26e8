using System.Globalization;

namespace Blip.Bootstrapping.Engine;

/// <summary>The paths in a run's folder.</summary>
internal sealed class RunFolder(string path)
{
    public const string ManifestName = "bootstrap.json";
    private const string DoneExtension = ".done.json";

    public string Path => path;

    /// <summary>The description: models, options, sources.</summary>
    public string Manifest => System.IO.Path.Combine(path, ManifestName);

    /// <summary>A small file for each process that works here or was killed.</summary>
    public string Workers => System.IO.Path.Combine(path, "workers");

    /// <summary>Written last: the shard is done.</summary>
    public string Done(int shard) => File(shard, DoneExtension);

    public string Table(int shard) => File(shard, ".parquet");

    /// <summary>A shard's failed images, as JSON Lines.</summary>
    public string Failed(int shard) => File(shard, ".failed.jsonl");

    public string Error(int shard) => File(shard, ".error.json");

    /// <summary>The finished samples of a current shard. The process that has it open works on the shard.</summary>
    public string Journal(int shard) => File(shard, ".journal");

    /// <summary>Checks that the folder is outside all sources: its files would become samples.</summary>
    public void CheckOutside(IEnumerable<string> sources)
    {
        var own = Full(path);
        foreach (var source in sources.Where(Directory.Exists))
        {
            if (Full(source) is var full && own != full && own.StartsWith(full, StringComparison.Ordinal))
            {
                throw new BootstrapException(
                    $"'{path}' lies inside the source '{source}': what is written would be read the next time. Name a folder beside it.");
            }
        }

        static string Full(string folder) =>
            System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder)) + System.IO.Path.DirectorySeparatorChar;
    }

    public bool IsDone(int shard) => System.IO.File.Exists(Done(shard));

    /// <summary>Removes a killed process's partial files of a shard. Only the holder of the shard's open journal may call it.</summary>
    public void RemoveTemporary(int shard)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(path, $"{BootstrapSources.NameOf(shard)}.*tmp").ToList())
        {
            if (Directory.Exists(entry))
                Directory.Delete(entry, recursive: true);
            else
                System.IO.File.Delete(entry);
        }
    }

    public IReadOnlyList<int> DoneShards() => [.. Directory.EnumerateFiles(path, $"*{DoneExtension}")
        .Select(file => System.IO.Path.GetFileName(file)[..^DoneExtension.Length])
        .Where(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var shard)
            && name == BootstrapSources.NameOf(shard))
        .Select(name => int.Parse(name, CultureInfo.InvariantCulture))
        .Order()];

    private string File(int shard, string extension) => System.IO.Path.Combine(path, BootstrapSources.NameOf(shard) + extension);
}
