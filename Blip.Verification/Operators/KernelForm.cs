namespace Blip.Verification.Operators;

/// <summary>Which of an operator's kernels a run takes.</summary>
public enum KernelForm
{
    /// <summary>The kernels that the operator chooses for the device.</summary>
    Chosen,

    /// <summary>The kernels with groups and shared memory that GPUs take, on the driver of a processor too.</summary>
    Groups,
}
