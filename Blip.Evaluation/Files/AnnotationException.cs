using Blip.Kernels;

namespace Blip.Evaluation;

/// <summary>Annotations or results are unusable; the message names file, entry, fault and remedy.</summary>
public sealed class AnnotationException(string message, Exception? inner = null) : BlipException(message, inner);
