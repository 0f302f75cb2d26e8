using System.Text.Json;

namespace Blip.Tests.Checkpoints;

/// <summary>The files of Goldens/checkpoints, those that a run derives from them, and what must become of each.</summary>
internal static class Goldens
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Goldens", "checkpoints");

    public static string PathOf(string name) => DerivedCheckpoints.PathOf(name) ?? Path.Combine(Folder, name);

    public static JsonElement Read(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine([AppContext.BaseDirectory, "Goldens", .. path])));
        return document.RootElement.Clone();
    }

    public static TheoryData<string> Names(params string[] outcomes)
    {
        var names = Read("checkpoints", "expected.json").EnumerateObject().Where(file => outcomes.Contains(file.Value.GetProperty("expect").GetString())).Select(file => file.Name);
        return [.. names];
    }
}
