using Blip.Runtime.Pipelines;

namespace Blip.Extensions.AI;

/// <summary>The embedding model and its setup.</summary>
public sealed class BlipEmbeddingOptions
{
    /// <summary>
    /// The model: a folder, a file or a name, as <see cref="Blip.Runtime.Pipelines.Embedder.Load(string, EmbedderOptions?)"/> takes it.
    /// </summary>
    public string? Model { get; set; }

    /// <summary>How it is set up.</summary>
    public EmbedderOptions Embedder { get; set; } = new();
}
