namespace Blip.Verification.Operators;

/// <summary>A run's kernels.</summary>
public enum KernelForm
{
    /// <summary>The operator's choice for the device.</summary>
    Chosen,

    /// <summary>GPU kernels with groups and shared memory, even on a processor.</summary>
    Groups,
}
