using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>A file of recorded tensors, read in pieces: a trace, or another program's recording under the same names.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly SafetensorsFile file;

    /// <summary>Opens a file without reading tensors.</summary>
    /// <exception cref="CheckpointException">The file is absent, damaged or not safetensors.</exception>
    public TraceFile(string path)
    {
        file = new SafetensorsFile(path);
        Metadata = TraceMetadata.From(file.Metadata);
    }

    public string Path => file.Description;

    public TraceMetadata Metadata { get; }

    /// <summary>The tensors in the order of computation.</summary>
    public IReadOnlyList<string> Names => [.. file.Keys.OrderBy(TracePlace.Of).ThenBy(name => name, StringComparer.Ordinal)];

    /// <summary>True for a trace of ours, which a new one may replace.</summary>
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

    public bool Holds(string name) => file.TryGet(name, out _);

    public TensorInfo Info(string name) => file.Get(name);

    /// <exception cref="CheckpointException">The file cannot be read any more.</exception>
    public void Read(string name, long firstElement, Span<float> destination) => file.Read(name, firstElement, destination);

    /// <summary>The ids of a tensor <c>[rows, tokens]</c> by row; a vector is one row.</summary>
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
