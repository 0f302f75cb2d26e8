using Blip.Kernels;

namespace Blip.Evaluation;

/// <summary>A file of annotations or results cannot be used; the message names the file, the entry, the fault and the remedy.</summary>
public sealed class AnnotationException(string message, Exception? inner = null) : BlipException(message, inner);
