using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>
/// A file of recorded tensors: a trace, or another program's recording under the same names. Tensors are read in pieces.
/// </summary>
internal sealed class TraceFile : IDisposable
{
    private readonly SafetensorsFile file;

    /// <summary>Opens a file; no tensor is read yet.</summary>
    /// <exception cref="CheckpointException">The file is absent, damaged or no safetensors file.</exception>
    public TraceFile(string path)
    {
        file = new SafetensorsFile(path);
        Metadata = TraceMetadata.From(file.Metadata);
    }

    /// <summary>The file's path.</summary>
    public string Path => file.Description;

    /// <summary>The file's metadata.</summary>
    public TraceMetadata Metadata { get; }

    /// <summary>Its tensors in the order in which a model computes them.</summary>
    public IReadOnlyList<string> Names => [.. file.Keys.OrderBy(TracePlace.Of).ThenBy(name => name, StringComparer.Ordinal)];

    /// <summary>True where a file is a trace of ours, which a new one may replace.</summary>
    public static bool IsTrace(string path)
    {
        try
        {
            using var trace = new TraceFile(path);
            return trace.Metadata.IsTrace;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Holds(string name) => file.TryGet(name, out _);

    /// <summary>Shape and type of a tensor.</summary>
    public TensorInfo Info(string name) => file.Get(name);

    /// <summary>Reads a part of a tensor.</summary>
    /// <exception cref="CheckpointException">The file cannot be read any more.</exception>
    public void Read(string name, long firstElement, Span<float> destination) => file.Read(name, firstElement, destination);

    /// <summary>The ids of a tensor of tokens <c>[rows, tokens]</c>, row by row; a vector is one row.</summary>
    public int[][] ReadIds(string name)
    {
        var info = Info(name);
        if (info.ElementCount == 0)
            return [];
        var values = file.ReadAll(name);
        return [.. values.Select(value => (int)value).Chunk(checked((int)(info.Shape is [] ? 1 : info.Shape[^1])))];
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
