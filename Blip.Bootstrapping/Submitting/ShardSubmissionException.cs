using Blip.Kernels;

namespace Blip.Bootstrapping.Submitting;

/// <summary>A job cannot be written or submitted. The message has the fault and the remedy.</summary>
/// <param name="message">The message for people.</param>
/// <param name="inner">The cause.</param>
public sealed class ShardSubmissionException(string message, Exception? inner = null) : BlipException(message, inner);
