using ILGPU;

namespace Blip.Training.Engine;

/// <summary>A parameter's state for resuming a run.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Read">Copies its values to the host.</param>
/// <param name="Write">Overwrites its values.</param>
/// <param name="First">AdamW's first moment.</param>
/// <param name="Second">AdamW's second moment.</param>
internal sealed record SavedParameter(
    string Name, Func<float[]> Read, Action<float[]> Write, ArrayView<float> First, ArrayView<float> Second);
