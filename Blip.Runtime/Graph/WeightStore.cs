using System.Collections.Concurrent;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using ILGPU;

namespace Blip.Runtime.Graph;

/// <summary>
/// The checkpoint's tensors on the device, each once: matrices in the layout of the GEMM kernels, everything else as it is.
/// Graphs of one model share a store.
/// </summary>
/// <param name="device">The device.</param>
/// <param name="source">The checkpoint; it must stay open until everything is loaded.</param>
/// <param name="format">How a matrix is stored.</param>
public sealed class WeightStore(Device device, ITensorSource source, Func<Matrix, WeightFormat> format) : IDisposable
{
    // Each matrix of an arena begins on a page.
    private const long Page = 4096;

    private readonly WeightPacker packer = new(source);
    private readonly ConcurrentDictionary<string, PackedWeights> packed = [];
    private readonly ConcurrentDictionary<string, DeviceBuffer<float>> dense = [];
    private DeviceBuffer<byte>? arena;

    /// <summary>Loads all that the graphs need, on all cores, in the order of the file.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(params IEnumerable<ComputeGraph> graphs)
    {
        var all = graphs.ToList();
        var place = source.Keys.Select((key, i) => (key, i)).ToDictionary(entry => entry.key, entry => entry.i);
        LoadMatrices([.. all.SelectMany(graph => graph.Matrices).DistinctBy(matrix => matrix.Name).Where(matrix => !packed.ContainsKey(matrix.Name))
            .OrderBy(matrix => place.GetValueOrDefault(matrix.Keys[0]))]);
        foreach (var vector in all.SelectMany(graph => graph.Vectors))
            Stacked(vector);
        foreach (var parameter in all.SelectMany(graph => graph.Parameters))
            Dense(parameter);
    }

    /// <summary>A matrix, loaded at its first use.</summary>
    public PackedWeights Packed(Matrix matrix) => packed.TryGetValue(matrix.Name, out var weights) ? weights : packed.GetOrAdd(matrix.Name, Pack(matrix));

    /// <summary>A stacked bias <c>[out]</c>, loaded at its first use.</summary>
    public ArrayView<float> Stacked(Vector vector) => (dense.TryGetValue(vector.Name, out var buffer) ? buffer : dense.GetOrAdd(vector.Name, Stack(vector))).View;

    /// <summary>A parameter as it is, loaded at its first use.</summary>
    public ArrayView<float> Dense(Value parameter) => (dense.TryGetValue(parameter.Name, out var buffer) ? buffer : dense.GetOrAdd(parameter.Name, Read(parameter))).View;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var weights in packed.Values)
            weights.Dispose();
        foreach (var buffer in dense.Values)
            buffer.Dispose();
        packed.Clear();
        dense.Clear();
        arena?.Dispose();
        arena = null;
    }

    private void LoadMatrices(IReadOnlyList<Matrix> matrices)
    {
        if (device.Kind != DeviceKind.Cpu || arena is not null)
        {
            foreach (var matrix in matrices)
                Packed(matrix);
            return;
        }
        // One piece of memory for all: huge pages are not begun anew by each matrix.
        var offsets = new long[matrices.Count + 1];
        for (var i = 0; i < matrices.Count; i++)
        {
            Check(matrices[i]);
            offsets[i + 1] = offsets[i] + Pages(PackedWeights.BytesOf(matrices[i].OutFeatures, matrices[i].InFeatures, format(matrices[i])));
        }
        arena = device.Allocate<byte>(offsets[^1], zeroed: false);
        var weights = matrices.Select((matrix, i) => (Matrix: matrix, Weights: In(matrix, arena.View.SubView(offsets[i])))).ToList();
        packer.Fill(weights);
        foreach (var (matrix, filled) in weights)
            packed[matrix.Name] = filled;
    }

    private PackedWeights In(Matrix matrix, ArrayView<byte> memory)
    {
        var (rows, columns, stored) = (matrix.OutFeatures, matrix.InFeatures, format(matrix));
        return PackedWeights.In(device, rows, columns, stored, memory.SubView(0, PackedWeights.BytesOf(rows, columns, stored)));
    }

    private PackedWeights Pack(Matrix matrix)
    {
        Check(matrix);
        var weights = PackedWeights.Allocate(device, matrix.OutFeatures, matrix.InFeatures, format(matrix));
        packer.Fill([(matrix, weights)]);
        weights.Upload();
        return weights;
    }

    private void Check(Matrix matrix)
    {
        var shapes = matrix.Keys.Select(key => Info(key).Shape).ToList();
        var rows = shapes.Sum(shape => shape[0]);
        for (var i = 0; i < shapes.Count; i++)
        {
            // A convolution's weight [out, channels, kernel, kernel] is a matrix too.
            if (shapes[i].Skip(1).Aggregate(1L, (product, size) => product * size) != matrix.InFeatures || rows != matrix.OutFeatures)
                throw Wrong(matrix.Keys[i], shapes[i], $"{matrix.InFeatures} inputs, and {matrix.OutFeatures} outputs in {matrix.Name}");
        }
    }

    private static long Pages(long bytes) => (bytes + Page - 1) / Page * Page;

    private DeviceBuffer<float> Stack(Vector vector)
    {
        var values = new float[vector.Length];
        var at = 0;
        foreach (var key in vector.Keys)
        {
            var shape = Info(key).Shape;
            if (shape.Length != 1 || at + shape[0] > vector.Length)
                throw Wrong(key, shape, $"a vector, {vector.Length} in {vector.Name}");
            source.Read(key, 0, values.AsSpan(at, (int)shape[0]));
            at += (int)shape[0];
        }
        return at == vector.Length ? device.Upload<float>(values) : throw Wrong(vector.Keys[0], [at], $"[{vector.Length}]");
    }

    private DeviceBuffer<float> Read(Value parameter)
    {
        var shape = Info(parameter.Name).Shape;
        if (!shape.SequenceEqual(parameter.Shape.Dims.Select(dim => (long)dim.Size)))
            throw Wrong(parameter.Name, shape, parameter.Shape.ToString());
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        source.Read(parameter.Name, 0, values);
        return device.Upload<float>(values);
    }

    private TensorInfo Info(string key) => source.TryGet(key, out var info) ? info
        : throw new CheckpointException($"{source.Description}: the tensor '{key}' is missing. Is this a checkpoint of another kind of model?");

    private CheckpointException Wrong(string key, IEnumerable<long> shape, string wanted) =>
        new($"{source.Description}: the tensor '{key}' has the shape [{string.Join(", ", shape)}]; its config asks for {wanted}.");
}
