using Blip.Kernels;

namespace Blip.Runtime.Graph;

/// <summary>One operation of a graph: its inputs, its result, and the kernel's door that it calls.</summary>
/// <param name="Name">The module of the checkpoint that it belongs to, such as <c>vision_model.encoder.layers.0.mlp.fc1</c>.</param>
internal abstract record Node(string Name)
{
    /// <summary>The operation's name, as the profiler and the printed graph show it.</summary>
    public abstract string Operator { get; }

    /// <summary>Values that must be there before it runs, parameters included.</summary>
    public abstract IEnumerable<Value> Inputs { get; }

    /// <summary>Its result.</summary>
    public abstract IEnumerable<Value> Outputs { get; }

    /// <summary>Inputs that it changes in place (caches): such a node is never dead.</summary>
    public virtual IEnumerable<Value> Writes => [];

    /// <summary>An input whose memory the output may take, once nothing else reads it; null for none.</summary>
    public virtual (Value Input, Value Output)? Overwrites => null;

    /// <summary>Weights kept in the layout of the GEMM kernels.</summary>
    public virtual IEnumerable<Matrix> Matrices => [];

    /// <summary>Stacked biases.</summary>
    public virtual IEnumerable<Vector> Vectors => [];

    /// <summary>Attributes for the printed graph, such as <c>heads=12</c>.</summary>
    public virtual string Attributes => "";

    /// <summary>The format of 16 bits to which it rounds an input before anything else, and from which it can read it; null: none.</summary>
    /// <param name="input">One of <see cref="Inputs"/>.</param>
    /// <param name="sizes">How large its values are, and which kernels run.</param>
    public virtual DType? InputFormat(Value input, GraphSizes sizes) => null;

    /// <summary>Whether it can write an output in a format of 16 bits.</summary>
    /// <param name="output">One of <see cref="Outputs"/>.</param>
    /// <param name="format">The format.</param>
    /// <param name="sizes">How large its values are, and which kernels run.</param>
    public virtual bool CanStore(Value output, DType format, GraphSizes sizes) => false;

    /// <summary>Floating-point operations of one run; a multiply-add counts as two.</summary>
    public virtual long Flops(GraphSizes sizes) => 0;

    /// <summary>Bytes that one run moves at least: each input, parameter, weight and result once.</summary>
    /// <param name="sizes">How large its values are.</param>
    /// <param name="stored">Bytes of a matrix as it is kept.</param>
    public virtual NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var parameters = Inputs.Where(value => value.Kind == ValueKind.Parameter).Sum(sizes.Length) + Vectors.Sum(vector => (long)vector.Length);
        var values = Inputs.Where(value => value.Kind != ValueKind.Parameter).Distinct().Concat(Outputs).Sum(sizes.Bytes);
        return new NodeBytes(Matrices.Sum(stored) + (sizeof(float) * parameters), values);
    }

    /// <summary>Kernels that one run launches on a GPU.</summary>
    public virtual int Kernels(GraphSizes sizes) => 1;

    /// <summary>Queues the kernel. Shapes were checked when the plan was made.</summary>
    public abstract void Run(Plan plan);
}

/// <summary>Bytes that a node moves.</summary>
/// <param name="Weights">The bytes that are the same in every run.</param>
/// <param name="Values">Inputs, caches and results, as they are stored.</param>
internal readonly record struct NodeBytes(long Weights, long Values);

/// <summary>A node that makes one value.</summary>
/// <param name="Name">The module.</param>
/// <param name="Output">Its result.</param>
internal abstract record ComputeNode(string Name, Value Output) : Node(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output];
}
