namespace Blip.Runtime.Graph;

/// <summary>One operation of a graph: what it reads, what it makes, and which kernel's door it calls.</summary>
/// <param name="Name">The module of the checkpoint that it belongs to, such as <c>vision_model.encoder.layers.0.mlp.fc1</c>.</param>
public abstract record Node(string Name)
{
    /// <summary>The operation's name, as the profiler and the printed graph show it.</summary>
    public abstract string Operator { get; }

    /// <summary>Values that must be there before it runs, parameters included.</summary>
    public abstract IEnumerable<Value> Inputs { get; }

    /// <summary>What it makes.</summary>
    public abstract IEnumerable<Value> Outputs { get; }

    /// <summary>Inputs that it changes in place (caches): such a node is never dead.</summary>
    public virtual IEnumerable<Value> Writes => [];

    /// <summary>Weights kept in the layout of the GEMM kernels.</summary>
    public virtual IEnumerable<Matrix> Matrices => [];

    /// <summary>Stacked biases.</summary>
    public virtual IEnumerable<Vector> Vectors => [];

    /// <summary>Attributes for the printed graph, such as <c>heads=12</c>.</summary>
    public virtual string Attributes => "";

    /// <summary>Floating-point operations of one run; a multiply-add counts as two.</summary>
    public virtual long Flops(GraphSizes sizes) => 0;

    /// <summary>Bytes that one run moves at least: each input, parameter, weight and result once.</summary>
    /// <param name="sizes">How large its values are.</param>
    /// <param name="stored">Bytes of a matrix as it is kept.</param>
    public virtual NodeBytes Bytes(GraphSizes sizes, Func<Matrix, long> stored)
    {
        var parameters = Inputs.Where(value => value.Kind == ValueKind.Parameter).Sum(sizes.Length) + Vectors.Sum(vector => (long)vector.Length);
        var values = Inputs.Where(value => value.Kind != ValueKind.Parameter).Distinct().Concat(Outputs).Sum(sizes.Length);
        return new NodeBytes(Matrices.Sum(stored) + (sizeof(float) * parameters), sizeof(float) * values);
    }

    /// <summary>Kernels that one run launches on a GPU.</summary>
    public virtual int Kernels => 1;

    /// <summary>Queues the kernel. Shapes were checked when the plan was made.</summary>
    public abstract void Run(Plan plan);
}

/// <summary>Bytes that a node moves.</summary>
/// <param name="Weights">Those that are the same in every run.</param>
/// <param name="Values">Inputs, caches and results; all elements take four bytes.</param>
public readonly record struct NodeBytes(long Weights, long Values);

/// <summary>A node that makes one value.</summary>
/// <param name="Name">The module.</param>
/// <param name="Output">What it makes.</param>
public abstract record ComputeNode(string Name, Value Output) : Node(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<Value> Outputs => [Output];
}
