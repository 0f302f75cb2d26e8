using System.Diagnostics.CodeAnalysis;

namespace Blip.Runtime.Checkpoints;

/// <summary>A checkpoint in several files, with an index (model.safetensors.index.json) that maps tensors to files.</summary>
internal sealed class ShardedTensorSource : ITensorSource
{
    private readonly Dictionary<string, ITensorSource> tensors = [];
    private readonly Dictionary<string, ITensorSource> files = [];

    /// <exception cref="CheckpointException">The index or a file that it names is absent or damaged.</exception>
    public ShardedTensorSource(string indexPath)
    {
        Description = indexPath;
        try
        {
            var map = JsonFile.Load(indexPath).Object("weight_map");
            foreach (var property in map.Properties())
                Add(property.Name, map.Text(property.Name) ?? throw map.Error(property.Name, "names no file"), map);
            if (tensors.Count == 0)
                throw new CheckpointException($"{indexPath}: weight_map names no tensor.");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Description { get; }

    public IReadOnlyList<string> Files =>
        [Description, .. files.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value.Files)];

    public IReadOnlyCollection<string> Keys => tensors.Keys;

    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = null;
        return tensors.TryGetValue(key, out var file) && file.TryGet(key, out info);
    }

    public void Read(string key, long firstElement, Span<float> destination)
    {
        if (!tensors.TryGetValue(key, out var file))
            throw new KeyNotFoundException($"{Description} names no tensor '{key}'.");
        file.Read(key, firstElement, destination);
    }

    public void Dispose()
    {
        foreach (var file in files.Values)
            file.Dispose();
    }

    private void Add(string key, string fileName, JsonFile map)
    {
        if (!files.TryGetValue(fileName, out var file))
        {
            // An index must not lead out of its folder, nor to another index.
            if (fileName is "" or "." or ".." || fileName.AsSpan().ContainsAny("/\\:\0")
                || fileName.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
                throw map.Error(key, $"names '{fileName}', which is no weight file beside the index");
            file = TensorFiles.OpenFile(Path.Combine(Path.GetDirectoryName(Description) ?? "", fileName));
            files.Add(fileName, file);
        }
        if (!file.TryGet(key, out _))
            throw map.Error(key, $"is not in '{fileName}', where the index says it is");
        if (!tensors.TryAdd(key, file))
            throw map.Error(key, "stands there twice");
    }
}
