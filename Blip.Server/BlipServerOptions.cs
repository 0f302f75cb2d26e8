using Blip.Runtime.Pipelines;

namespace Blip.Server;

/// <summary>Which models are served, and within which limits. They can be bound from configuration.</summary>
public sealed class BlipServerOptions
{
    /// <summary>The model that captions images (a folder, a file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes); null for none.</summary>
    public string? CaptionModel { get; set; }

    /// <summary>The model that answers questions; null for none.</summary>
    public string? AskModel { get; set; }

    /// <summary>The model that compares images and texts, makes vectors and searches; null for none.</summary>
    public string? MatchModel { get; set; }

    /// <summary>How the captioner is set up: warmed up, so that it is ready only when its first caption takes no longer than others.</summary>
    public CaptionerOptions Captioner { get; set; } = new() { WarmUp = true };

    /// <summary>How the answerer is set up.</summary>
    public QuestionAnswererOptions Answerer { get; set; } = new() { WarmUp = true };

    /// <summary>How the matcher is set up.</summary>
    public MatcherOptions Matcher { get; set; } = new() { WarmUp = true };

    /// <summary>
    /// Keys that requests must carry, as <c>Authorization: Bearer KEY</c> or <c>X-API-Key: KEY</c>; any of them opens. Empty asks for none.
    /// </summary>
    public IList<string> ApiKeys { get; set; } = [];

    /// <summary>Most bytes of a request's body.</summary>
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>Most images of a request.</summary>
    public int MaxImages { get; set; } = 64;

    /// <summary>Most texts of a request: to match, to embed, or to choose among.</summary>
    public int MaxTexts { get; set; } = 2048;

    /// <summary>How long a request may take, from its headers to its last byte; then its work is cancelled.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Most requests at once; further ones are refused at once (429).</summary>
    public int MaxConcurrentRequests { get; set; } = 512;

    /// <summary>Most requests of a client (a key, or else an address) in a minute; null for any number.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>
    /// Whether images named by an <c>http(s):</c> address are fetched. Only public addresses are asked, even
    /// where a name or a redirect leads elsewhere.
    /// </summary>
    public bool AllowUrls { get; set; }

    /// <summary>An index for <c>/search</c>, made with the <see cref="MatchModel"/>; null for none.</summary>
    public string? Index { get; set; }
}
