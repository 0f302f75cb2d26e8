using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>Writes an adapter that PEFT loads, under PEFT's own names. An older one in the same folder is replaced file by file.</summary>
internal static class LoraWriter
{
    /// <summary>Writes both files of an adapter.</summary>
    /// <param name="folder">A folder, made where it is not there.</param>
    /// <param name="config">Ranks and scales. Where it names no target modules, the last part of each weight's module is one.</param>
    /// <param name="pairs">The matrices; of 2-dimensional weights alone.</param>
    /// <exception cref="ArgumentException">A pair has another rank or scale than the config says.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
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
