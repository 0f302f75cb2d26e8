using System.IO.Compression;
using System.Text.Json;

namespace Blip.Tests.Checkpoints;

/// <summary>The files of Goldens/checkpoints, the ones that a run derives from them, and the expected outcome of each.</summary>
internal static class Goldens
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Goldens", "checkpoints");

    public static string PathOf(string name) => DerivedCheckpoints.PathOf(name) ?? Path.Combine(Folder, name);

    /// <summary>A golden of JSON; packed where its name ends in .gz.</summary>
    public static JsonElement Read(params string[] path)
    {
        using var file = File.OpenRead(Path.Combine([AppContext.BaseDirectory, "Goldens", .. path]));
        using var unpacked = path[^1].EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : null;
        using var document = JsonDocument.Parse(unpacked ?? (Stream)file);
        return document.RootElement.Clone();
    }

    public static TheoryData<string> Names(params string[] outcomes)
    {
        var names = Read("checkpoints", "expected.json").EnumerateObject()
            .Where(file => outcomes.Contains(file.Value.GetProperty("expect").GetString())).Select(file => file.Name);
        return [.. names];
    }
}
