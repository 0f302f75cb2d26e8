namespace Blip.Kernels.Devices;

/// <summary>
/// An operator's CPU variant: addresses and sizes, cut into independent tasks. <see cref="Device.Launch{TOperator}(in TOperator)"/> runs it
/// with a worker per core. Results must not depend on which worker runs which task.
/// </summary>
/// <remarks><see cref="Run"/> must not throw: an exception would end the process. Entry points validate first.</remarks>
public interface ICpuOperator
{
    /// <summary>Tasks, at least 0.</summary>
    int Tasks { get; }

    /// <summary>Runs one task.</summary>
    /// <param name="task">0 to <see cref="Tasks"/> - 1.</param>
    void Run(int task);
}
