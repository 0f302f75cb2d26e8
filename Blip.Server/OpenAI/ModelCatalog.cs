using Blip.Server.Hosting;
using Blip.Server.Http;
using Microsoft.Extensions.Options;

namespace Blip.Server.OpenAI;

/// <summary>The models by the names that requests have for them. Names of files and folders are the server's own.</summary>
internal sealed class ModelCatalog(ModelSet models, IOptions<BlipServerOptions> options)
{
    /// <summary>Captions every image, for any text beside it.</summary>
    public const string Caption = "caption";

    /// <summary>Answers the text.</summary>
    public const string Ask = "ask";

    /// <summary>Captions or answers, as the text wants it.</summary>
    public const string Either = "blip";

    /// <summary>Makes vectors.</summary>
    public const string Match = "match";

    /// <summary>All that are served.</summary>
    public ModelList List() => new([.. Names(chat: true).Concat(Names(chat: false)).Select(Of)], options.Value.Index is not null);

    /// <summary>One of them.</summary>
    /// <exception cref="RequestException">There is none of this name.</exception>
    public ModelEntry Find(string name) => Of(Known(name, [.. Names(chat: true), .. Names(chat: false)]));

    /// <summary>The name of a model that takes part in a conversation.</summary>
    /// <exception cref="RequestException">There is none of this name.</exception>
    public string Chat(string? name) => Known(name, [.. Names(chat: true)]);

    /// <summary>The name of a model that makes vectors.</summary>
    /// <exception cref="RequestException">There is none of this name.</exception>
    public string Embedding(string? name) => Known(name, [.. Names(chat: false)]);

    private ModelEntry Of(string name) => new(name, models.Created.ToUnixTimeSeconds(), name switch
    {
        Ask => IsDemo(options.Value.AskModel),
        Match => IsDemo(options.Value.MatchModel),
        _ => IsDemo(options.Value.CaptionModel ?? options.Value.AskModel),
    });

    // The demo models lie beside the program.
    private static bool IsDemo(string? model) => model is not null && Path.GetDirectoryName(Path.GetFullPath(model)) == Path.Combine(AppContext.BaseDirectory, "weights");

    private IEnumerable<string> Names(bool chat)
    {
        if (!chat)
            return models.Match.IsServed ? [Match] : [];
        var (captions, answers) = (models.Caption.IsServed, models.Ask.IsServed);
        return [.. captions ? [Caption] : Array.Empty<string>(), .. answers ? [Ask] : Array.Empty<string>(), .. captions || answers ? [Either] : Array.Empty<string>()];
    }

    private static string Known(string? name, string[] known)
    {
        var names = known.Length == 0 ? "it serves none for this" : $"give one of {string.Join(", ", known)}";
        return name is null ? throw RequestException.Bad($"model is missing: {names}.", "model")
            : known.Contains(name, StringComparer.Ordinal) ? name
            : throw new RequestException(StatusCodes.Status404NotFound, $"This server has no model '{name}' here: {names}.") { Field = "model", Code = "model_not_found" };
    }
}

/// <summary>The answer of <c>/v1/models</c>.</summary>
/// <param name="Data">The models.</param>
/// <param name="Index">Whether <c>/search</c> has an index.</param>
internal sealed record ModelList(IReadOnlyList<ModelEntry> Data, bool Index)
{
    /// <summary>Its type.</summary>
    public string Object => "list";
}

/// <summary>A model.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Created">When it was named, in seconds since 1970.</param>
/// <param name="Demo">Whether it is a demo model, which knows drawn shapes only.</param>
internal sealed record ModelEntry(string Id, long Created, bool Demo)
{
    /// <summary>Its type.</summary>
    public string Object => "model";

    /// <summary>Whose it is.</summary>
    public string OwnedBy => "blip";
}
