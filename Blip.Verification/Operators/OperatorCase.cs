using Blip.Kernels;
using Blip.Runtime.Models;

namespace Blip.Verification.Operators;

/// <summary>
/// One case of an operator: its inputs, its launch, and the check of its result. Tests, benchmarks and the emulator run the same object.
/// </summary>
/// <param name="operator">The operator's name in <see cref="OperatorCatalog"/>.</param>
/// <param name="name">The case, without the operator's name.</param>
/// <param name="format">How weights or results are stored.</param>
public abstract class OperatorCase(string @operator, string name, DType format = DType.Float32)
{
    /// <summary>The operator's name.</summary>
    public string Operator => @operator;

    /// <summary>The case, without the operator's name.</summary>
    public string Name => name;

    /// <summary>The format as options spell a precision.</summary>
    public string Precision => Enum.GetValues<Precision>().Single(precision => precision.ToDType() == format).ToString().ToLowerInvariant();

    /// <summary>Small sizes, or those of a real model.</summary>
    public CaseSize Size { get; init; }

    /// <summary>The variants on which the tests run it.</summary>
    public virtual TestedOn TestedOn => TestedOn.Every;

    /// <summary>Too slow for a short run of the benchmarks.</summary>
    public virtual bool IsLong => false;

    /// <summary>Too slow for processors, and for their drivers.</summary>
    public virtual bool IsForGpus => false;

    /// <summary>Multiplications and additions, each counted; 0 where only memory counts.</summary>
    public virtual double Operations => 0;

    /// <summary>The cases of the operators that compute this one's gradients, over the same sizes; empty where there are none.</summary>
    public virtual IEnumerable<GradientCase> Gradients => [];

    /// <summary>Makes the inputs, the same every time, and uploads them.</summary>
    /// <param name="device">Where the operator is to run.</param>
    public PreparedOperator Prepare(Device device)
    {
        var buffers = new OperatorBuffers(device);
        try
        {
            return Prepare(buffers);
        }
        catch
        {
            buffers.Dispose();
            throw;
        }
    }

    /// <summary>Runs the case once, and reads the result.</summary>
    /// <param name="device">Where.</param>
    public float[] Run(Device device)
    {
        using var prepared = Prepare(device);
        prepared.Run(KernelForm.Chosen);
        return prepared.Output();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Operator} {Name} {Precision}";

    /// <summary>Makes the inputs in buffers that the result owns.</summary>
    /// <param name="buffers">The buffers, none at first.</param>
    private protected abstract PreparedOperator Prepare(OperatorBuffers buffers);
}
