namespace Blip.Runtime.Checkpoints;

/// <summary>A matrix in a file of packed weights.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">How it is packed; the number is the kernels' to give.</param>
/// <param name="OutFeatures">Its rows.</param>
/// <param name="InFeatures">Its columns.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record PackedTensor(string Name, int Format, int OutFeatures, int InFeatures, long Bytes);
