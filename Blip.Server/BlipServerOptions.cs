using Blip.Runtime.Pipelines;

namespace Blip.Server;

/// <summary>Which models are served, and within which limits. Bindable from configuration.</summary>
public sealed class BlipServerOptions
{
    /// <summary>
    /// The captioning model: a folder, a file or a name, as <see cref="Captioner.Load(string, CaptionerOptions?)"/> takes. Null for none.
    /// </summary>
    public string? CaptionModel { get; set; }

    /// <summary>The model that answers questions; null for none.</summary>
    public string? AskModel { get; set; }

    /// <summary>The model that compares images and texts, makes vectors and searches; null for none.</summary>
    public string? MatchModel { get; set; }

    /// <summary>
    /// How the captioner is set up. It is ready only after a warm-up, so that its first caption takes no longer than others.
    /// </summary>
    public CaptionerOptions Captioner { get; set; } = new() { WarmUp = true };

    /// <summary>How the answerer is set up.</summary>
    public QuestionAnswererOptions Answerer { get; set; } = new() { WarmUp = true };

    /// <summary>How the matcher is set up.</summary>
    public MatcherOptions Matcher { get; set; } = new() { WarmUp = true };

    /// <summary>Accepted keys, sent as <c>Authorization: Bearer KEY</c> or <c>X-API-Key: KEY</c>. Empty asks for none.</summary>
    public IList<string> ApiKeys { get; set; } = [];

    /// <summary>Most bytes of a request body.</summary>
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>Most images of a request.</summary>
    public int MaxImages { get; set; } = 64;

    /// <summary>Most texts of a request to match, embed or choose among.</summary>
    public int MaxTexts { get; set; } = 2048;

    /// <summary>Time limit of a request, from its headers to its last byte; then its work is cancelled.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Most concurrent requests; others are refused at once (429).</summary>
    public int MaxConcurrentRequests { get; set; } = 512;

    /// <summary>Most requests a minute of a client (by key, else by address); null for any number.</summary>
    public int? RequestsPerMinute { get; set; }

    /// <summary>
    /// Whether images at <c>http(s):</c> addresses are fetched. Only public addresses are contacted, also after a redirect.
    /// </summary>
    public bool AllowUrls { get; set; }

    /// <summary>An index for <c>/search</c>, made with the <see cref="MatchModel"/>; null for none.</summary>
    public string? Index { get; set; }
}
