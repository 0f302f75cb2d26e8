using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>Writes an adapter that PEFT loads. An older one in the folder is replaced file by file.</summary>
internal static class LoraWriter
{
    /// <summary>
    /// Writes both files, making the folder if needed. The pairs belong to 2-dimensional weights. Without target modules in the config,
    /// they are the last parts of the weights' module names.
    /// </summary>
    /// <exception cref="ArgumentException">A pair has another rank or scale than the config says.</exception>
    public static void Write(string folder, LoraConfig config, IReadOnlyList<LoraPair> pairs)
    {
        foreach (var pair in pairs)
        {
            var module = ModuleOf(pair);
            if (pair.Rank != config.RankOf(module) || pair.Scale != config.ScaleOf(module))
                throw new ArgumentException(
                    $"'{pair.Key}' has the rank {pair.Rank} and the scale {pair.Scale}, not the config's.", nameof(pairs));
        }
        if (config.TargetModules.Count == 0)
        {
            var names = pairs.Select(pair => ModuleOf(pair).Split('.')[^1]).Distinct().Order(StringComparer.Ordinal);
            config = config with { TargetModules = [.. names] };
        }
        Directory.CreateDirectory(folder);
        ReplacedFile.Write(Path.Combine(folder, LoraAdapter.FileName), file => WriteTensors(file, pairs));
        ReplacedFile.Write(Path.Combine(folder, LoraConfig.FileName), config.Write);
    }

    private static void WriteTensors(Stream file, IReadOnlyList<LoraPair> pairs)
    {
        var tensors = new List<(TensorInfo Info, float[] Values)>();
        foreach (var pair in pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var module = LoraAdapter.Prefix + ModuleOf(pair);
            tensors.Add((new TensorInfo(module + LoraAdapter.DownSuffix, DType.Float32, [pair.Rank, pair.Width]), pair.Down));
            tensors.Add((new TensorInfo(module + LoraAdapter.UpSuffix, DType.Float32, [pair.Height, pair.Rank]), pair.Up));
        }
        SafetensorsWriter.WriteHeader(file, tensors.Select(tensor => tensor.Info), new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var (_, values) in tensors)
            file.Write(MemoryMarshal.AsBytes<float>(values));
    }

    private static string ModuleOf(LoraPair pair) => pair.Key[..^".weight".Length];
}
