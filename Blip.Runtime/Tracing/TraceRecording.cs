using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Tracing;

/// <summary>The tensors of a run on the host, in the order in which they were computed.</summary>
internal sealed class TraceRecording
{
    private readonly List<(TensorInfo Info, Array Values)> tensors = [];

    /// <summary>How many tensors there are.</summary>
    public int Count => tensors.Count;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => tensors.Sum(tensor => tensor.Info.ElementCount * tensor.Info.Type.Bytes());

    /// <summary>Adds a tensor of numbers.</summary>
    /// <param name="name">The reference's name.</param>
    /// <param name="values">Its elements.</param>
    /// <param name="shape">Its dimensions, the slowest first.</param>
    public void Add(string name, float[] values, params ReadOnlySpan<long> shape) =>
        tensors.Add((new TensorInfo(name, DType.Float32, [.. shape]), values));

    /// <summary>
    /// Adds the tokens of one row <c>[1, tokens]</c>; ids are 64 bits wide, as the reference has them. A name that is there stays.
    /// </summary>
    public void AddIds(string name, IReadOnlyList<int> ids)
    {
        if (!tensors.Exists(tensor => tensor.Info.Key == name))
            tensors.Add((new TensorInfo(name, DType.Int64, [1, ids.Count]), ids.Select(id => (long)id).ToArray()));
    }

    /// <summary>Adds the outputs of a plan that ran.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="rename">The name of an output in the trace; null leaves it out.</param>
    public void AddOutputs(Plan plan, Func<string, string?> rename)
    {
        foreach (var (output, value) in plan.Graph.Outputs)
        {
            if (rename(output) is { } name)
                Add(name, plan.ReadOutput(output), [.. plan.Sizes.Of(value).Select(size => (long)size)]);
        }
    }

    /// <summary>The elements of a tensor of numbers that was added; null where there is none.</summary>
    public float[]? Find(string name) => tensors.Find(tensor => tensor.Info.Key == name).Values as float[];

    /// <summary>Writes a safetensors file.</summary>
    /// <param name="file">The file at its beginning.</param>
    /// <param name="metadata">Its metadata.</param>
    public void Write(Stream file, TraceMetadata metadata)
    {
        SafetensorsWriter.WriteHeader(file, tensors.Select(tensor => tensor.Info), metadata.Values);
        foreach (var (_, values) in tensors)
            file.Write(values is long[] ids ? MemoryMarshal.AsBytes<long>(ids) : MemoryMarshal.AsBytes<float>((float[])values));
    }
}
