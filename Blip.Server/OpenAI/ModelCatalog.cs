using Blip.Server.Hosting;
using Blip.Server.Http;
using Microsoft.Extensions.Options;

namespace Blip.Server.OpenAI;

/// <summary>The models by their names in requests. File and folder names stay on the server.</summary>
internal sealed class ModelCatalog(ModelSet models, IOptions<BlipServerOptions> options)
{
    /// <summary>Captions every image, whatever the text.</summary>
    public const string Caption = "caption";

    public const string Ask = "ask";

    /// <summary>Captions or answers, depending on the text.</summary>
    public const string Either = "blip";

    public const string Match = "match";

    public ModelList List() => new([.. Names(chat: true).Concat(Names(chat: false)).Select(Of)], options.Value.Index is not null);

    public ModelEntry Find(string name) => Of(Known(name, [.. Names(chat: true), .. Names(chat: false)]));

    /// <summary>Checks the name of a model for conversations.</summary>
    public string Chat(string? name) => Known(name, [.. Names(chat: true)]);

    /// <summary>The same for embeddings.</summary>
    /// <exception cref="RequestException">There is no such model.</exception>
    public string Embedding(string? name) => Known(name, [.. Names(chat: false)]);

    private ModelEntry Of(string name) => new(name, models.Created.ToUnixTimeSeconds(), name switch
    {
        Ask => IsDemo(options.Value.AskModel),
        Match => IsDemo(options.Value.MatchModel),
        _ => IsDemo(options.Value.CaptionModel ?? options.Value.AskModel),
    });

    private static bool IsDemo(string? model) =>
        model is not null && Path.GetDirectoryName(Path.GetFullPath(model)) == Path.Combine(AppContext.BaseDirectory, "weights");

    private IEnumerable<string> Names(bool chat)
    {
        if (!chat)
            return models.Match.IsServed ? [Match] : [];
        var (captions, answers) = (models.Caption.IsServed, models.Ask.IsServed);
        return [.. captions ? [Caption] : Array.Empty<string>(), .. answers ? [Ask] : Array.Empty<string>(),
            .. captions || answers ? [Either] : Array.Empty<string>()];
    }

    private static string Known(string? name, string[] known)
    {
        var names = known.Length == 0 ? "it serves none for this" : $"give one of {string.Join(", ", known)}";
        return name is null ? throw RequestException.Bad($"model is missing: {names}.", "model")
            : known.Contains(name, StringComparer.Ordinal) ? name
            : throw new RequestException(StatusCodes.Status404NotFound, $"This server has no model '{name}' here: {names}.")
            {
                Field = "model",
                Code = "model_not_found",
            };
    }
}

/// <summary>The answer of <c>/v1/models</c>.</summary>
/// <param name="Data">The models.</param>
/// <param name="Index">Whether <c>/search</c> is available.</param>
internal sealed record ModelList(IReadOnlyList<ModelEntry> Data, bool Index)
{
    public string Object => "list";
}

/// <summary>A model.</summary>
/// <param name="Id">The name.</param>
/// <param name="Created">When it was configured, in seconds since 1970.</param>
/// <param name="Demo">Whether it is a demo model, which knows only drawn shapes.</param>
internal sealed record ModelEntry(string Id, long Created, bool Demo)
{
    public string Object => "model";

    public string OwnedBy => "blip";
}
