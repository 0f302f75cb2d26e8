using Blip.Kernels;

namespace Blip.Runtime.Pipelines;

/// <summary>More calls wait for a pipeline than its options allow. Try again later.</summary>
/// <param name="message">How many wait.</param>
public sealed class PipelineBusyException(string message) : BlipException(message);
