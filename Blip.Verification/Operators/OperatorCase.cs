using Blip.Kernels;
using Blip.Runtime.Models;

namespace Blip.Verification.Operators;

/// <summary>One case of an operator: inputs, launch and check, the same for tests, benchmarks and the emulator.</summary>
/// <param name="operator">Its name in <see cref="OperatorCatalog"/>.</param>
/// <param name="name">The case's name.</param>
/// <param name="format">The format of weights or results.</param>
public abstract class OperatorCase(string @operator, string name, DType format = DType.Float32)
{
    /// <summary>The operator's name.</summary>
    public string Operator => @operator;

    /// <summary>The case's name, without the operator.</summary>
    public string Name => name;

    /// <summary>The format, spelled as in options.</summary>
    public string Precision => Enum.GetValues<Precision>().Single(precision => precision.ToDType() == format).ToString().ToLowerInvariant();

    /// <summary>Its kind of sizes.</summary>
    public CaseSize Size { get; init; }

    /// <summary>The variants that tests run.</summary>
    public virtual TestedOn TestedOn => TestedOn.Every;

    /// <summary>Whether short benchmarks skip it.</summary>
    public virtual bool IsLong => false;

    /// <summary>Whether processors and their drivers are too slow.</summary>
    public virtual bool IsForGpus => false;

    /// <summary>Multiplications plus additions; 0 where only memory counts.</summary>
    public virtual double Operations => 0;

    /// <summary>The operator's gradients, over the same sizes.</summary>
    public virtual IEnumerable<GradientCase> Gradients => [];

    /// <summary>Makes deterministic inputs and uploads them.</summary>
    /// <param name="device">The device.</param>
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

    /// <summary>Runs once and returns the result.</summary>
    /// <param name="device">The device.</param>
    public float[] Run(Device device)
    {
        using var prepared = Prepare(device);
        prepared.Run(KernelForm.Chosen);
        return prepared.Output();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Operator} {Name} {Precision}";

    private protected abstract PreparedOperator Prepare(OperatorBuffers buffers);
}
