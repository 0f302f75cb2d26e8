namespace Blip.Bootstrapping;

/// <summary>A run: its sources, its models, its options and its output.</summary>
public sealed record BootstrapRequest
{
    /// <summary>The sources of web pairs: files, folders, patterns, addresses, commands.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>The sources of pairs by people, which are kept unfiltered.</summary>
    public IReadOnlyList<string> HumanSources { get; init; } = [];

    /// <summary>The captioning checkpoint.</summary>
    public required string Captioner { get; init; }

    /// <summary>
    /// The matching checkpoint. It is fine-tuned apart from the captioner: a filter that shares its weights keeps its own texts (the
    /// paper's table 4).
    /// </summary>
    public required string Filter { get; init; }

    /// <summary>The folder of the run.</summary>
    public required string Output { get; init; }

    /// <summary>How it is done.</summary>
    public BootstrapOptions Options { get; init; } = new();
}
