using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>A file of packed weights beside a model.</summary>
/// <param name="Path">The file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Flaw">Why it would not be used, as far as its header tells; null where it would.</param>
internal sealed record CacheState(string Path, long Bytes, string? Flaw)
{
    /// <summary>Those beside a model's weights.</summary>
    /// <exception cref="CheckpointException">The model's weights are damaged.</exception>
    public static IReadOnlyList<CacheState> Of(ModelSource source)
    {
        if (source.CacheFiles() is not [_, ..] files)
            return [];
        using var tensors = source.OpenTensors();
        return [.. files.Select(file => new CacheState(file, new FileInfo(file).Length, new PackedCache(file, tensors, PackedWeights.LayoutVersion).Flaw()))];
    }
}
