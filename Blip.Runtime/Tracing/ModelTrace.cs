namespace Blip.Runtime.Tracing;

/// <summary>What a model did with one image, ready to be written.</summary>
/// <param name="Tensors">Pixels, states, logits and tokens.</param>
/// <param name="Metadata">The settings of the run, and what came out.</param>
internal sealed record ModelTrace(TraceRecording Tensors, TraceMetadata Metadata)
{
    /// <summary>Writes it as a safetensors file.</summary>
    /// <param name="file">The file at its beginning.</param>
    public void Write(Stream file) => Tensors.Write(file, Metadata);
}
