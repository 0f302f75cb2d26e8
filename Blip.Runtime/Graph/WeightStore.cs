using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Graph;

/// <summary>
/// The checkpoint's tensors on the device, each once. Matrices are packed in the GEMM kernels' layout; other tensors are copied. Graphs of
/// one model share a store. The source must stay open until everything is loaded. The cache keeps the packed weights of
/// <see cref="Load"/> for the next process.
/// </summary>
internal sealed class WeightStore(Device device, ITensorSource source, Func<Matrix, DType> format, PackedCache? cache = null) : IDisposable
{
    private readonly WeightPacker packer = new(source);
    private readonly ConcurrentDictionary<string, PackedWeights> packed = [], masters = [];
    private readonly ConcurrentDictionary<string, DeviceBuffer<float>> dense = [];
    private DeviceBuffer<byte>? arena;

    /// <summary>Loads all tensors that the graphs need, on all cores, in the file's order.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(params IEnumerable<ComputeGraph> graphs)
    {
        var all = graphs.ToList();
        var place = source.Keys.Select((key, i) => (key, i)).ToDictionary(entry => entry.key, entry => entry.i);
        LoadMatrices([.. all.SelectMany(graph => graph.Matrices).DistinctBy(matrix => matrix.Name)
            .Where(matrix => !packed.ContainsKey(matrix.Name))
            .OrderBy(matrix => place.GetValueOrDefault(matrix.Keys[0]))]);
        foreach (var vector in all.SelectMany(graph => graph.Vectors))
            Stacked(vector);
        foreach (var parameter in all.SelectMany(graph => graph.Parameters))
            Dense(parameter);
    }

    /// <summary>A packed matrix, loaded at its first use.</summary>
    public PackedWeights Packed(Matrix matrix) =>
        packed.TryGetValue(matrix.Name, out var weights) ? weights : packed.GetOrAdd(matrix.Name, Pack(matrix, format(matrix)));

    /// <summary>
    /// A matrix in single precision, loaded at its first use. It is the packed matrix, or the source of its rounding, which training
    /// changes.
    /// </summary>
    public PackedWeights Master(Matrix matrix) => format(matrix) == DType.Float32 ? Packed(matrix)
        : masters.TryGetValue(matrix.Name, out var weights) ? weights : masters.GetOrAdd(matrix.Name, Pack(matrix, DType.Float32));

    /// <summary>Copies a matrix in single precision to the host: rows <c>[out, in]</c>, as in a checkpoint.</summary>
    public float[] ReadRows(Matrix matrix)
    {
        var weights = Master(matrix);
        var panels = device.Read(weights.Float32);
        var rows = new float[(long)matrix.OutFeatures * matrix.InFeatures];
        Parallel.For(0, matrix.OutFeatures, row =>
        {
            for (var column = 0; column < matrix.InFeatures; column++)
                rows[((long)row * matrix.InFeatures) + column] = panels[weights.Index(row, column)];
        });
        return rows;
    }

    /// <summary>Overwrites a loaded matrix and its rounded copy.</summary>
    public void WriteRows(Matrix matrix, ReadOnlySpan<float> rows)
    {
        foreach (var weights in new[] { Master(matrix), Packed(matrix) }.Distinct())
        {
            using var filled = PackedWeights.Allocate(device, matrix.OutFeatures, matrix.InFeatures, weights.Format);
            filled.Fill(0, rows);
            filled.Upload();
            filled.Storage.CopyTo(device.Stream, weights.Storage);
            device.Synchronize();
        }
    }

    public DType FormatOf(Matrix matrix) => format(matrix);

    /// <summary>A stacked bias <c>[out]</c>, loaded at its first use.</summary>
    public ArrayView<float> Stacked(Vector vector) =>
        (dense.TryGetValue(vector.Name, out var buffer) ? buffer : dense.GetOrAdd(vector.Name, Stack(vector))).View;

    /// <summary>A parameter that is read without packing, loaded at its first use.</summary>
    public ArrayView<float> Dense(Value parameter) =>
        (dense.TryGetValue(parameter.Name, out var buffer) ? buffer : dense.GetOrAdd(parameter.Name, Read(parameter))).View;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var weights in packed.Values.Concat(masters.Values))
            weights.Dispose();
        foreach (var buffer in dense.Values)
            buffer.Dispose();
        packed.Clear();
        masters.Clear();
        dense.Clear();
        arena?.Dispose();
        arena = null;
    }

    private void LoadMatrices(IReadOnlyList<Matrix> matrices)
    {
        foreach (var matrix in matrices)
            Check(matrix);
        var tensors = matrices.Select(Describe).ToList();
        // One file holds the packed weights of one load.
        var keeper = packed.IsEmpty ? cache : null;
        if (keeper is not null && Restore(matrices, tensors, keeper))
            return;
        if (device.Kind == DeviceKind.Cpu && arena is null)
            PackInPlace(matrices, tensors, keeper);
        else if (keeper is null || !keeper.Write(tensors, sink => PackEach(matrices, sink)))
            PackEach(matrices, null);
    }

    // False if the file is absent or damaged.
    private bool Restore(IReadOnlyList<Matrix> matrices, IReadOnlyList<PackedTensor> tensors, PackedCache keeper)
    {
        using var file = keeper.Open(tensors);
        if (file is null)
            return false;
        if (device.Kind == DeviceKind.Cpu && arena is null)
        {
            var weights = InPlace(matrices, tensors);
            if (file.Each(index => file.TryRead(index, Memory(weights[index]))))
            {
                foreach (var (matrix, filled) in matrices.Zip(weights))
                    packed[matrix.Name] = filled;
                return true;
            }
            arena?.Dispose();
            arena = null;
        }
        else if (Upload(matrices, tensors, file))
        {
            return true;
        }
        keeper.RefuseDamaged();
        return false;
    }

    // Each matrix is read, checked and uploaded once. If one is damaged, the matrices before it are freed.
    private bool Upload(IReadOnlyList<Matrix> matrices, IReadOnlyList<PackedTensor> tensors, PackedFile file)
    {
        foreach (var (index, matrix) in matrices.Index())
        {
            var bytes = new byte[tensors[index].Bytes];
            if (!file.TryRead(index, bytes))
            {
                foreach (var sent in matrices.Take(index))
                {
                    if (packed.TryRemove(sent.Name, out var weights))
                        weights.Dispose();
                }
                return false;
            }
            packed[matrix.Name] = PackedWeights.Upload(device, matrix.OutFeatures, matrix.InFeatures, format(matrix), bytes);
        }
        return true;
    }

    // The writable memory of a matrix that is not yet in use.
    private static Span<byte> Memory(PackedWeights empty) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(empty.Packed), empty.Packed.Length);

    // One allocation for all matrices, so that huge pages span them.
    private List<PackedWeights> InPlace(IReadOnlyList<Matrix> matrices, IReadOnlyList<PackedTensor> tensors)
    {
        var offsets = PackedLayout.Offsets(0, tensors.Select(tensor => tensor.Bytes));
        var memory = device.Allocate<byte>(offsets[^1], zeroed: false);
        arena = memory;
        return [.. matrices.Select((matrix, i) => PackedWeights.In(
            device, matrix.OutFeatures, matrix.InFeatures, format(matrix), memory.View.SubView(offsets[i], tensors[i].Bytes)))];
    }

    private void PackInPlace(IReadOnlyList<Matrix> matrices, IReadOnlyList<PackedTensor> tensors, PackedCache? keeper)
    {
        var weights = matrices.Zip(InPlace(matrices, tensors)).ToList();
        packer.Fill(weights);
        keeper?.Write(tensors, sink =>
        {
            foreach (var (_, filled) in weights)
                sink(filled.Packed);
        });
        foreach (var (matrix, filled) in weights)
            packed[matrix.Name] = filled;
    }

    // One matrix after the other, so that the host holds only one.
    private void PackEach(IReadOnlyList<Matrix> matrices, PackedCache.Sink? sink)
    {
        foreach (var matrix in matrices)
            packed.GetOrAdd(matrix.Name, _ => Pack(matrix, format(matrix), sink));
    }

    private PackedTensor Describe(Matrix matrix)
    {
        var stored = format(matrix);
        return new PackedTensor(matrix.Name, (int)stored, matrix.OutFeatures, matrix.InFeatures,
            PackedWeights.BytesOf(matrix.OutFeatures, matrix.InFeatures, stored));
    }

    private PackedWeights Pack(Matrix matrix, DType stored, PackedCache.Sink? sink = null)
    {
        Check(matrix);
        var weights = PackedWeights.Allocate(device, matrix.OutFeatures, matrix.InFeatures, stored);
        packer.Fill([(matrix, weights)]);
        sink?.Invoke(weights.Packed);
        weights.Upload();
        return weights;
    }

    private void Check(Matrix matrix)
    {
        var shapes = matrix.Keys.Select(key => Info(key).Shape).ToList();
        var rows = shapes.Sum(shape => shape[0]);
        for (var i = 0; i < shapes.Count; i++)
        {
            // A convolution's weight [out, channels, kernel, kernel] is also a matrix.
            if (shapes[i].Skip(1).Aggregate(1L, (product, size) => product * size) != matrix.InFeatures || rows != matrix.OutFeatures)
                throw Wrong(matrix.Keys[i], shapes[i], $"{matrix.InFeatures} inputs, and {matrix.OutFeatures} outputs in {matrix.Name}");
        }
    }

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
        : throw new CheckpointException(
            $"{source.Description}: the tensor '{key}' is missing. Is this a checkpoint of another kind of model?");

    private CheckpointException Wrong(string key, IEnumerable<long> shape, string wanted) =>
        new($"{source.Description}: the tensor '{key}' has the shape [{string.Join(", ", shape)}]; its config asks for {wanted}.");
}
