using System.Runtime.InteropServices;
using System.Text.Json;
using Blip.Runtime.Checkpoints;

namespace Blip.Bench.Peers;

/// <summary>
/// The files that both sides load, made once from the synthetic rule: <c>synthetic:base</c> as a checkpoint, and the weights of the ONNX
/// graphs. They lie in the user's cache (<c>XDG_CACHE_HOME</c> or <c>~/.cache</c>) under <c>blip-bench</c>, 900 MB each; safe to delete.
/// </summary>
internal static class PeerFiles
{
    private static readonly string s_cache = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "blip-bench");

    /// <summary>The checkpoint's folder.</summary>
    public static string Checkpoint() => Complete("synthetic-base", folder => SyntheticFolder.Write(SyntheticModels.Config("base"), folder));

    /// <summary>The folder of the ONNX graphs and their weights.</summary>
    public static string Onnx() => Complete("onnx-base", folder =>
    {
        var shipped = Path.Combine(AppContext.BaseDirectory, "onnx");
        Directory.CreateDirectory(folder);
        foreach (var graph in Directory.EnumerateFiles(shipped, "*.onnx"))
            File.Copy(graph, Path.Combine(folder, Path.GetFileName(graph)));
        using var layout = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(shipped, "base.weights.json")));
        using var source = new SyntheticTensorSource(SyntheticModels.Config("base"), BlipHead.Captioning);
        using var file = File.OpenHandle(Path.Combine(folder, "base.weights"), FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, layout.RootElement.GetProperty("total_bytes").GetInt64());
        foreach (var entry in layout.RootElement.GetProperty("weights").EnumerateObject())
            RandomAccess.Write(file, MemoryMarshal.AsBytes(source.ReadAll(entry.Name).AsSpan()), entry.Value[0].GetInt64());
    });

    // A folder that has its name is whole.
    private static string Complete(string name, Action<string> write)
    {
        var folder = Path.Combine(s_cache, name);
        if (Directory.Exists(folder))
            return folder;
        Console.WriteLine($"writing {folder}");
        var unfinished = $"{folder}.{Environment.ProcessId}";
        try
        {
            write(unfinished);
            Directory.Move(unfinished, folder);
        }
        catch
        {
            Directory.Delete(unfinished, recursive: true);
            throw;
        }
        return folder;
    }
}
