namespace Blip.Runtime.Tracing;

/// <summary>A model's run on one image, ready to be written.</summary>
/// <param name="Tensors">Pixels, states, logits and tokens.</param>
/// <param name="Metadata">The settings of the run, and its result.</param>
internal sealed record ModelTrace(TraceRecording Tensors, TraceMetadata Metadata)
{
    /// <summary>Writes it as a safetensors file.</summary>
    /// <param name="file">The file at its beginning.</param>
    public void Write(Stream file) => Tensors.Write(file, Metadata);
}
