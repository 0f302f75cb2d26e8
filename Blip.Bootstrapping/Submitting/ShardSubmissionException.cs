using Blip.Kernels;

namespace Blip.Bootstrapping.Submitting;

/// <summary>A job that cannot be written or submitted. The message says what is wrong and what to do.</summary>
/// <param name="message">The sentence for people.</param>
/// <param name="inner">What led to it.</param>
public sealed class ShardSubmissionException(string message, Exception? inner = null) : BlipException(message, inner);
