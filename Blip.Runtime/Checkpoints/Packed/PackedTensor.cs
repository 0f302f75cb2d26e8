namespace Blip.Runtime.Checkpoints;

/// <summary>A matrix [OutFeatures, InFeatures] in a file of packed weights. The kernels define the numbers of <c>Format</c>.</summary>
internal sealed record PackedTensor(string Name, int Format, int OutFeatures, int InFeatures, long Bytes);
