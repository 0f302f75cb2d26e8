namespace Blip.Verification.Operators;

/// <summary>A case on a device.</summary>
public sealed class PreparedOperator : IDisposable
{
    private readonly OperatorBuffers buffers;

    internal PreparedOperator(OperatorBuffers buffers) => this.buffers = buffers;

    /// <summary>Launches the operator once, without waiting.</summary>
    public required Action<KernelForm> Run { get; init; }

    /// <summary>Compares the first run's result with the reference.</summary>
    public required Func<Agreement> Compare { get; init; }

    /// <summary>Reads a result that is one float array.</summary>
    public Func<float[]> Output { get; init; } = () =>
        throw new InvalidOperationException("The operator's result is not one array of floats.");

    /// <summary>Bytes read and written in the device's formats; 0 where only operations count.</summary>
    public double Bytes { get; init; }

    /// <inheritdoc/>
    public void Dispose() => buffers.Dispose();
}
