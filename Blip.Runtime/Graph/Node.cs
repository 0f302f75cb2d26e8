using Blip.Kernels;

namespace Blip.Runtime.Graph;

/// <summary>
/// An operation of a graph. It has the name of its module in the checkpoint, such as <c>vision_model.encoder.layers.0.mlp.fc1</c>.
/// </summary>
internal abstract record Node(string Name)
{
    /// <summary>The operator's name in the profiler and the printed graph.</summary>
    public abstract string Operator { get; }

    /// <summary>Values that the node reads, parameters included.</summary>
    public abstract IEnumerable<Value> Inputs { get; }

    public abstract IEnumerable<Value> Outputs { get; }

    /// <summary>Inputs that the node changes in place (caches). Such a node is never dead.</summary>
    public virtual IEnumerable<Value> Writes => [];

    /// <summary>An input whose memory the output may take if no later node reads the input; null for none.</summary>
    public virtual (Value Input, Value Output)? Overwrites => null;

    /// <summary>Weights kept in the layout of the GEMM kernels.</summary>
    public virtual IEnumerable<Matrix> Matrices => [];

    public virtual IEnumerable<Vector> Vectors => [];

    /// <summary>Attributes in the printed graph, such as <c>heads=12</c>.</summary>
    public virtual string Attributes => "";

    /// <summary>The 16-bit format to which the node rounds an input, and in which it can read that input; null for none.</summary>
    public virtual DType? InputFormat(Value input, GraphSizes sizes) => null;

    /// <summary>Whether the node can write an output in a 16-bit format.</summary>
    public virtual bool CanStore(Value output, DType format, GraphSizes sizes) => false;

    /// <summary>Floating-point operations of one run; a multiply-add counts as two.</summary>
    public virtual long Flops(GraphSizes sizes) => 0;

    /// <summary>
    /// The least bytes that one run moves: each input, parameter, weight and result once. <paramref name="stored"/> gives the bytes of a
    /// stored matrix.
    /// </summary>
    public virtual NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var parameters = Inputs.Where(value => value.Kind == ValueKind.Parameter).Sum(sizes.Length)
            + Vectors.Sum(vector => (long)vector.Length);
        var values = Inputs.Where(value => value.Kind != ValueKind.Parameter).Distinct().Concat(Outputs).Sum(sizes.Bytes);
        return new NodeBytes(Matrices.Sum(stored) + (sizeof(float) * parameters), values);
    }

    /// <summary>Launches of one run on a GPU.</summary>
    public virtual int Kernels(GraphSizes sizes) => 1;

    /// <summary>Queues the kernel. The builder and the plan have checked all shapes.</summary>
    public abstract void Run(Plan plan);
}

/// <summary>Bytes that a node moves: weights, and values (inputs, caches and results) in their stored formats.</summary>
internal readonly record struct NodeBytes(long Weights, long Values);

/// <summary>A node that makes one value.</summary>
internal abstract record ComputeNode(string Name, Value Output) : Node(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output];
}
