using Blip.Datasets.Files;

namespace Blip.Datasets.Webdataset;

/// <summary>Webdataset: tars with adjacent files of a sample, under one name with several extensions.</summary>
internal sealed class WebdatasetFormat : IDatasetFormat
{
    public string Name => "webdataset";

    public bool Recognizes(string source) => Directory.Exists(source) ? Tars(source).Count > 0 : IsTar(source);

    public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options)
    {
        if (!Directory.Exists(source))
            return [Shard(source, options)];
        var tars = Tars(source);
        return tars.Count > 0
            ? [.. tars.Select(tar => Shard(tar, options))]
            : throw new DatasetException($"{source}: there is no .tar, .tar.gz or .tgz in this folder.");
    }

    private static EnumeratedShard Shard(string path, DatasetOptions options) =>
        new(path, path, () => new TarSamples(path, options.TextColumn).Read());

    /// <summary>Whether a file's name is that of a tar.</summary>
    public static bool IsTar(string name) =>
        name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    private static List<string> Tars(string folder)
    {
        try
        {
            var tars = Directory.EnumerateFiles(folder).Where(file => IsTar(file) && Path.GetFileName(file)[0] != '.');
            return [.. tars.Order(StringComparer.Ordinal)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
