namespace Blip.Verification.Operators;

/// <summary>A case with its data on a device.</summary>
public sealed class PreparedOperator : IDisposable
{
    private readonly OperatorBuffers buffers;

    internal PreparedOperator(OperatorBuffers buffers) => this.buffers = buffers;

    /// <summary>Launches the operator once. The work may go on after the return, until the device is waited for.</summary>
    public required Action<KernelForm> Run { get; init; }

    /// <summary>Compares the result of the first run with the reference in double.</summary>
    public required Func<Agreement> Compare { get; init; }

    /// <summary>Reads the result, where it is one array of floats.</summary>
    public Func<float[]> Output { get; init; } = () =>
        throw new InvalidOperationException("The operator's result is not one array of floats.");

    /// <summary>Bytes that a run reads and writes, as the device stores them; 0 where only operations count.</summary>
    public double Bytes { get; init; }

    /// <inheritdoc/>
    public void Dispose() => buffers.Dispose();
}
