using Blip.Kernels;

namespace Blip.Runtime.Graph;

/// <summary>
/// An operation of a graph. Its name is its module's in the checkpoint, such as <c>vision_model.encoder.layers.0.mlp.fc1</c>.
/// </summary>
internal abstract record Node(string Name)
{
    /// <summary>As in the profiler and the printed graph.</summary>
    public abstract string Operator { get; }

    /// <summary>Values that must be there before a run, parameters included.</summary>
    public abstract IEnumerable<Value> Inputs { get; }

    public abstract IEnumerable<Value> Outputs { get; }

    /// <summary>Inputs changed in place (caches): such a node is never dead.</summary>
    public virtual IEnumerable<Value> Writes => [];

    /// <summary>An input whose memory the output may take, once nothing else reads it; null for none.</summary>
    public virtual (Value Input, Value Output)? Overwrites => null;

    /// <summary>Weights kept in the layout of the GEMM kernels.</summary>
    public virtual IEnumerable<Matrix> Matrices => [];

    public virtual IEnumerable<Vector> Vectors => [];

    /// <summary>For the printed graph, such as <c>heads=12</c>.</summary>
    public virtual string Attributes => "";

    /// <summary>The 16-bit format to which the node first rounds an input and from which it can read it; null for none.</summary>
    public virtual DType? InputFormat(Value input, GraphSizes sizes) => null;

    /// <summary>Whether the node can write an output in a 16-bit format.</summary>
    public virtual bool CanStore(Value output, DType format, GraphSizes sizes) => false;

    /// <summary>Of one run; a multiply-add counts as two.</summary>
    public virtual long Flops(GraphSizes sizes) => 0;

    /// <summary>
    /// Bytes that one run moves at least: each input, parameter, weight and result once. <paramref name="stored"/> gives a stored matrix's
    /// bytes.
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

    /// <summary>Queues the kernel. The plan has checked shapes.</summary>
    public abstract void Run(Plan plan);
}

/// <summary>Bytes that a node moves: weights, the same in every run; and inputs, caches and results as stored.</summary>
internal readonly record struct NodeBytes(long Weights, long Values);

/// <summary>A node that makes one value.</summary>
internal abstract record ComputeNode(string Name, Value Output) : Node(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output];
}
