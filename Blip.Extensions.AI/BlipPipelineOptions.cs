using Blip.Runtime.Pipelines;

namespace Blip.Extensions.AI;

/// <summary>A model and its setup, as in a configuration section: <c>Model</c>, <c>Setup:Device</c>, <c>Setup:Precision</c>, ….</summary>
/// <typeparam name="TSetup">The pipeline's options.</typeparam>
public sealed class BlipPipelineOptions<TSetup>
    where TSetup : PipelineOptions, new()
{
    /// <summary>The model: a folder, a file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes.</summary>
    public string? Model { get; set; }

    /// <summary>The model's setup.</summary>
    public TSetup Setup { get; set; } = new();
}

/// <summary>An index and its model.</summary>
public sealed class BlipRetrieverOptions
{
    /// <summary>The matching model.</summary>
    public string? Model { get; set; }

    /// <summary>The model's setup.</summary>
    public MatcherOptions Setup { get; set; } = new();

    /// <summary>The index: a file, with others beside it whose names begin with its name.</summary>
    public string? Index { get; set; }

    /// <summary>Whether images are added, too; then no other process may add any.</summary>
    public bool Writes { get; set; }
}
