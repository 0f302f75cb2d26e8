namespace Blip.Kernels.Devices;

/// <summary>
/// One operator in its CPU variant: a value that holds addresses and sizes, cut into independent tasks.
/// <see cref="Device.Launch{TOperator}(in TOperator)"/> runs it as one ILGPU kernel with a worker per core; workers draw tasks from a shared counter,
/// so a result must not depend on which worker ran which task.
/// </summary>
/// <remarks>Nothing may be thrown from <see cref="Run"/>: an exception in a CPU kernel ends the process. Doors validate first.</remarks>
public interface ICpuOperator
{
    /// <summary>Number of tasks; at least 0.</summary>
    int Tasks { get; }

    /// <summary>Runs one task.</summary>
    /// <param name="task">0 to <see cref="Tasks"/> - 1.</param>
    void Run(int task);
}
