namespace Blip.Bootstrapping;

/// <summary>A run: sources, models, options and output.</summary>
public sealed record BootstrapRequest
{
    /// <summary>Web pairs: files, folders, patterns, addresses, commands.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Human pairs, kept without filtering.</summary>
    public IReadOnlyList<string> HumanSources { get; init; } = [];

    /// <summary>The captioning checkpoint.</summary>
    public required string Captioner { get; init; }

    /// <summary>
    /// The matching checkpoint, fine-tuned separately: a filter that shares the captioner's weights keeps its own texts (the paper's table
    /// 4).
    /// </summary>
    public required string Filter { get; init; }

    /// <summary>The run's folder.</summary>
    public required string Output { get; init; }

    /// <summary>The options.</summary>
    public BootstrapOptions Options { get; init; } = new();
}
