using System.IO.Compression;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using Blip.Runtime.Checkpoints;

namespace Blip.Bench.Peers;

/// <summary>
/// Files that both sides load, made once from the synthetic rule: <c>synthetic:base</c> as a checkpoint, and the ONNX graphs' weights. They
/// lie in the user's cache (<c>XDG_CACHE_HOME</c> or <c>~/.cache</c>) under <c>blip-bench</c>, 900 MB each; safe to delete.
/// </summary>
internal static class PeerFiles
{
    private static readonly string Cache = Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "blip-bench");

    public static string Checkpoint() =>
        Complete("synthetic-base", folder => SyntheticFolder.Write(SyntheticModels.Config("base"), folder));

    /// <summary>The folder of ONNX graphs and weights.</summary>
    /// <param name="size"><c>base</c>, or <c>base.int8</c> with dynamically quantised linear layers.</param>
    public static string Onnx(string size) => Complete($"onnx-{size}", folder =>
    {
        ZipFile.ExtractToDirectory(Path.Combine(AppContext.BaseDirectory, "onnx", $"{size}.zip"), folder);
        using var layout = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, $"{size}.weights.json")));
        using var source = new SyntheticTensorSource(SyntheticModels.Config("base"), BlipHead.Captioning);
        using var file = File.OpenHandle(Path.Combine(folder, $"{size}.weights"), FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(file, layout.RootElement.GetProperty("total_bytes").GetInt64());
        foreach (var entry in layout.RootElement.GetProperty("weights").EnumerateObject())
            RandomAccess.Write(file, Bytes(source, entry.Name), entry.Value[0].GetInt64());
    });

    // A quantised matrix has two entries.
    private static ReadOnlySpan<byte> Bytes(SyntheticTensorSource source, string entry) => Path.GetExtension(entry) switch
    {
        ".scale" => MemoryMarshal.AsBytes(Scales(source, Path.ChangeExtension(entry, null)).AsSpan()),
        ".s8" => MemoryMarshal.AsBytes(Quantised(source, Path.ChangeExtension(entry, null)).AsSpan()),
        _ => MemoryMarshal.AsBytes(source.ReadAll(entry).AsSpan()),
    };

    // One per output: the row's largest value becomes 127.
    private static float[] Scales(SyntheticTensorSource source, string key)
    {
        var (values, shape) = (source.ReadAll(key), source.Get(key).Shape);
        var (rows, columns) = ((int)shape[0], (int)shape[1]);
        return [.. Enumerable.Range(0, rows)
            .Select(row => MathF.Max(Math.Abs(TensorPrimitives.MaxMagnitude<float>(values.AsSpan(row * columns, columns))), 1e-30f) / 127)];
    }

    // The matrix is [inputs, outputs] in the graph, [outputs, inputs] in a checkpoint.
    private static sbyte[] Quantised(SyntheticTensorSource source, string key)
    {
        var (values, scales) = (source.ReadAll(key), Scales(source, key));
        var columns = values.Length / scales.Length;
        var quantised = new sbyte[values.Length];
        for (var row = 0; row < scales.Length; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var rounded = MathF.Round(values[(row * columns) + column] / scales[row], MidpointRounding.ToEven);
                quantised[(column * scales.Length) + row] = (sbyte)Math.Clamp(rounded, -127, 127);
            }
        }
        return quantised;
    }

    // A folder gets its final name when complete.
    private static string Complete(string name, Action<string> write)
    {
        var folder = Path.Combine(Cache, name);
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
