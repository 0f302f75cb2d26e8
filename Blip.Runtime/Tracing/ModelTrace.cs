namespace Blip.Runtime.Tracing;

/// <summary>A model's run on one image: pixels, states, logits and tokens, with settings and result.</summary>
internal sealed record ModelTrace(TraceRecording Tensors, TraceMetadata Metadata)
{
    /// <summary>Writes a safetensors file from the stream's beginning.</summary>
    public void Write(Stream file) => Tensors.Write(file, Metadata);
}
