using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;

namespace Blip.Runtime.Tracing;

/// <summary>A run's tensors on the host, in the order of computation.</summary>
internal sealed class TraceRecording
{
    private readonly List<(TensorInfo Info, Array Values)> tensors = [];

    public int Count => tensors.Count;

    public long Bytes => tensors.Sum(tensor => tensor.Info.ElementCount * tensor.Info.Type.Bytes());

    /// <summary>Adds a tensor of numbers under the reference's name; the shape has the slowest dimension first.</summary>
    public void Add(string name, float[] values, params ReadOnlySpan<long> shape) =>
        tensors.Add((new TensorInfo(name, DType.Float32, [.. shape]), values));

    /// <summary>Adds one row's tokens <c>[1, tokens]</c> as 64-bit ids, as in the reference. An existing name stays.</summary>
    public void AddIds(string name, IReadOnlyList<int> ids)
    {
        if (!tensors.Exists(tensor => tensor.Info.Key == name))
            tensors.Add((new TensorInfo(name, DType.Int64, [1, ids.Count]), ids.Select(id => (long)id).ToArray()));
    }

    /// <summary>Adds the outputs of a plan that ran. Those that <paramref name="rename"/> maps to null are left out.</summary>
    public void AddOutputs(Plan plan, Func<string, string?> rename)
    {
        foreach (var (output, value) in plan.Graph.Outputs)
        {
            if (rename(output) is { } name)
                Add(name, plan.ReadOutput(output), [.. plan.Sizes.Of(value).Select(size => (long)size)]);
        }
    }

    /// <summary>The elements of an added tensor of numbers; null for none.</summary>
    public float[]? Find(string name) => tensors.Find(tensor => tensor.Info.Key == name).Values as float[];

    /// <summary>Writes a safetensors file from the stream's beginning.</summary>
    public void Write(Stream file, TraceMetadata metadata)
    {
        SafetensorsWriter.WriteHeader(file, tensors.Select(tensor => tensor.Info), metadata.Values);
        foreach (var (_, values) in tensors)
            file.Write(values is long[] ids ? MemoryMarshal.AsBytes<long>(ids) : MemoryMarshal.AsBytes<float>((float[])values));
    }
}
