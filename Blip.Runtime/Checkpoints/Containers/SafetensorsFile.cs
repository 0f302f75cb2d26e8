using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>A safetensors file, mapped into memory.</summary>
internal sealed class SafetensorsFile : ITensorSource
{
    private readonly MappedFile file;
    private readonly SafetensorsHeader header;

    /// <summary>Opens and validates a file without reading tensors.</summary>
    /// <exception cref="CheckpointException">The file is absent or damaged.</exception>
    public SafetensorsFile(string path)
        : this(new MappedFile(path))
    {
    }

    /// <summary>Takes ownership of the file, even on refusal.</summary>
    internal SafetensorsFile(MappedFile file)
    {
        this.file = file;
        try
        {
            header = SafetensorsHeader.Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Description => file.Path;

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [file.Path];

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => header.Entries.Keys;

    /// <summary>The file's <c>__metadata__</c>.</summary>
    internal IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Checks the header's first character.</summary>
    internal static bool IsSafetensors(MappedFile file) => file.Head(9) is [.., (byte)'{'] head && head.Length == 9;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        info = header.Entries.GetValueOrDefault(key)?.Info;
        return info is not null;
    }

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        var info = this.Get(key);
        TensorSources.CheckRange(info, firstElement, destination.Length);
        StoredElements.Read(file, info.Type, header.Entries[key].Offset + firstElement * info.Type.Bytes(), destination);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
