using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Graph.Passes;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Graph;

/// <summary>
/// A graph with sizes, memory and weights, ready to run. Making one is cheap; running one allocates nothing.
/// </summary>
internal sealed class Plan : IDisposable
{
    private readonly Executor executor;
    private readonly long[] offsets;
    private readonly ArrayView<float>[] floats;
    private readonly ArrayView<int>[] ints;
    private readonly bool[] bound;
    private readonly List<DeviceBuffer<float>> owned = [];
    private readonly List<DeviceBuffer<int>> ownedInts = [];
    private readonly Node[] nodes;
    // Values that nodes read and no node makes. The caller binds them.
    private readonly Value[] inputs;
    private readonly Value[] outputs;
    private readonly long arenaLength;
    private int arenaVersion = -1;
    private bool folded;

    internal Plan(ComputeGraph graph, Executor executor, IReadOnlyDictionary<string, int> symbols)
    {
        Graph = graph;
        this.executor = executor;
        nodes = [.. graph.Nodes];
        inputs = [.. graph.AllNodes.SelectMany(node => node.Inputs).Where(value => value.Kind != ValueKind.Parameter)
            .Except(graph.AllNodes.SelectMany(node => node.Outputs))];
        outputs = [.. graph.Outputs.Values];
        var count = graph.Values.Count;
        Sizes = new GraphSizes(graph, symbols, KernelTarget.Of(executor.Device), executor.Weights.FormatOf);
        if (executor.Passes.HasFlag(PassSet.Storage))
            ValueStorage.Choose(graph, Sizes);
        floats = new ArrayView<float>[count];
        ints = new ArrayView<int>[count];
        bound = new bool[count];
        offsets = new long[count];
        Array.Fill(offsets, -1);

        foreach (var parameter in graph.Parameters)
            SetOwned(parameter, executor.Weights.Dense(parameter));
        foreach (var constant in graph.Constants.SelectMany(node => node.Outputs))
            SetOwned(constant, Own(constant));
        var placed = nodes.SelectMany(node => node.Outputs).Except(outputs).ToList();
        (var places, arenaLength) = MemoryPlanner.Place(graph, placed, Sizes.Floats, executor.Passes.HasFlag(PassSet.Memory));
        foreach (var (value, offset) in places)
            offsets[value.Id] = offset;
    }

    public ComputeGraph Graph { get; }

    public Device Device => executor.Device;

    public WeightStore Weights => executor.Weights;

    public GraphSizes Sizes { get; }

    /// <summary>Bytes of values between nodes.</summary>
    public long WorkspaceBytes => arenaLength * sizeof(float);

    /// <summary>
    /// An object that is replaced when an input or output is bound to other memory. While the object is the same and no device buffer is
    /// freed, every run queues the same kernels with the same arguments.
    /// </summary>
    public object Memory { get; private set; } = new();

    /// <summary>Binds an input or an output to the caller's memory, for all runs until it is bound again.</summary>
    /// <exception cref="ArgumentException">The view is too short, or the value belongs to the plan.</exception>
    public void Bind(Value value, ArrayView<float> view)
    {
        Check(value, view.Length, DType.Float32);
        Take(floats, value, view.SubView(0, Length(value)));
    }

    /// <summary>Binds an input of integers. Index tables may be longer than the shape, or shorter where the operator allows it.</summary>
    public void Bind(Value value, ArrayView<int> view)
    {
        Check(value, view.Length, DType.Int32);
        Take(ints, value, view);
    }

    /// <summary>Binds an input to values that the plan keeps on the device.</summary>
    public void BindOwned(Value value, ReadOnlySpan<int> values)
    {
        var buffer = Device.Upload(values);
        ownedInts.Add(buffer);
        Bind(value, buffer.View);
    }

    /// <inheritdoc cref="BindOwned(Value, ReadOnlySpan{int})"/>
    public void BindOwned(Value value, ReadOnlySpan<float> values)
    {
        var buffer = Device.Upload(values);
        owned.Add(buffer);
        Bind(value, buffer.View);
    }

    /// <summary>Queues the graph's kernels on the device's stream. Results are ready when the stream has run them.</summary>
    /// <exception cref="InvalidOperationException">An input is not bound.</exception>
    public void Run()
    {
        Prepare();
        if (Device.Profiler is { } profiler)
        {
            foreach (var node in nodes)
                RunProfiled(node, profiler);
            return;
        }
        var next = 0;
        while (next < nodes.Length)
            next = RunUntilHost(next);
    }

    // A host node reads values that kernels compute, so it ends a batch of launches.
    private int RunUntilHost(int next)
    {
        using (Device.BeginBatch())
        {
            while (next < nodes.Length && nodes[next] is not HostNode)
                nodes[next++].Run(this);
        }
        while (next < nodes.Length && nodes[next] is HostNode)
            nodes[next++].Run(this);
        return next;
    }

    /// <summary>An output, after a run.</summary>
    public ArrayView<float> Output(string name) => floats[Graph.Output(name).Id];

    /// <summary>Waits for a run and copies an output to the host.</summary>
    public float[] ReadOutput(string name) => Device.Read(Output(name));

    /// <summary>Copies a bound input to the host.</summary>
    internal float[] ReadInput(string name) => Device.Read(floats[Graph.Input(name).Id]);

    /// <summary>A value's memory; a 16-bit value (<see cref="GraphSizes.StoredAs"/>) has two elements in each float.</summary>
    public ArrayView<float> Floats(Value value) => floats[value.Id];

    public ArrayView<int> Ints(Value value) => ints[value.Id];

    public int Size(Value value, int axis) => Sizes.Of(value)[axis];

    /// <inheritdoc cref="GraphSizes.Length"/>
    public long Length(Value value) => Sizes.Length(value);

    /// <inheritdoc cref="GraphSizes.Rows"/>
    public long Rows(Value value) => Sizes.Rows(value);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in owned)
            buffer.Dispose();
        foreach (var buffer in ownedInts)
            buffer.Dispose();
        owned.Clear();
        ownedInts.Clear();
    }

    private void Prepare()
    {
        foreach (var output in outputs)
        {
            if (!bound[output.Id])
                SetOwned(output, Own(output));
        }
        foreach (var input in inputs)
        {
            if (!bound[input.Id])
                throw new InvalidOperationException($"The input '{input.Name}' of the graph '{Graph.Name}' is not bound.");
        }

        var arena = executor.Reserve(arenaLength);
        if (arenaVersion != executor.ArenaVersion)
        {
            arenaVersion = executor.ArenaVersion;
            foreach (var value in Graph.Values.Where(value => offsets[value.Id] >= 0))
                floats[value.Id] = arena.SubView(offsets[value.Id], Sizes.Floats(value));
        }

        if (folded)
            return;
        folded = true;
        foreach (var node in Graph.Constants)
            node.Run(this);
    }

    private void Take<T>(ArrayView<T>[] views, Value value, ArrayView<T> view)
        where T : unmanaged
    {
        ref var present = ref views[value.Id];
        if (present.Length != view.Length || (view.Length > 0 && present.LoadEffectiveAddressAsPtr() != view.LoadEffectiveAddressAsPtr()))
            Memory = new object();
        present = view;
    }

    private void RunProfiled(Node node, Profiler profiler)
    {
        using (profiler.Measure(Device, Graph.Name, node.Name, node.Operator, node.Flops(Sizes)))
            node.Run(this);
    }

    private void Check(Value value, long length, DType type)
    {
        if (value.Type != type || (value.Kind != ValueKind.Input && !outputs.Contains(value) && !inputs.Contains(value)))
            throw new ArgumentException($"{value} is no {type} input or output of the graph '{Graph.Name}'.");
        if (type == DType.Float32 && length < Length(value))
            throw new ArgumentException($"{value} needs {Length(value)} elements here, and {length} were bound.");
        bound[value.Id] = true;
    }

    private ArrayView<float> Own(Value value)
    {
        var buffer = Device.Allocate<float>(Length(value));
        owned.Add(buffer);
        return buffer.View;
    }

    private void SetOwned(Value value, ArrayView<float> view) => (floats[value.Id], bound[value.Id]) = (view, true);
}
