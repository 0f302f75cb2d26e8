using Blip.Server.Endpoints;
using Blip.Server.Http;
using Blip.Server.OpenAI;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Blip.Server;

/// <summary>Adds BLIP's endpoints to an application's routes.</summary>
public static class BlipServerEndpointExtensions
{
    private const string Json = "application/json", Form = "multipart/form-data", Events = "text/event-stream",
        Problem = "application/problem+json";

    /// <summary>
    /// Maps all endpoints: <c>/v1/…</c>, <c>/caption</c>, <c>/ask</c>, <c>/match</c>, <c>/label</c>,
    /// <c>/search</c>, <c>/attention</c>, <c>/healthz</c> and <c>/readyz</c>. Register the service first.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <returns>The models' endpoints, for the application's policies.</returns>
    public static RouteGroupBuilder MapBlip(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<BlipServerOptions>>().Value;
        var group = endpoints.MapGroup("");
        group.AddEndpointFilter<RouteGroupBuilder, Gate>().WithMetadata(new RequestSizeLimitAttribute(options.MaxBodyBytes));
        MapOpenAI(group);
        MapOwn(group);
        // A separate group comes last in the description.
        HealthEndpoints.Map(endpoints.MapGroup(""));
        return group;
    }

    private static void MapOpenAI(RouteGroupBuilder group)
    {
        Describe<ChatCompletionRequest, ChatCompletion>(
            group.MapPost("/v1/chat/completions", (HttpContext http, ChatCompletions chat) => chat.HandleAsync(http)),
            "OpenAI", "Captions images, or answers questions about them, in a conversation.")
                .Produces<OpenAIErrorBody>(StatusCodes.Status400BadRequest);
        Describe<EmbeddingRequest, EmbeddingList>(
            group.MapPost("/v1/embeddings", (HttpContext http, Embeddings embeddings) => embeddings.HandleAsync(http)),
            "OpenAI", "Makes vectors of texts and images, in one space.").Produces<OpenAIErrorBody>(StatusCodes.Status400BadRequest);
        group.MapGet("/v1/models", (ModelCatalog models) => TypedResults.Json(models.List(), JsonBodies.Writing))
            .WithTags("OpenAI").WithSummary("Lists what is served.").Produces<ModelList>();
        group.MapGet("/v1/models/{name}", (string name, ModelCatalog models) => TypedResults.Json(models.Find(name), JsonBodies.Writing))
            .WithTags("OpenAI").WithSummary("One of the models.").Produces<ModelEntry>()
                .Produces<OpenAIErrorBody>(StatusCodes.Status404NotFound);
    }

    private static void MapOwn(RouteGroupBuilder group)
    {
        Own<CaptionRequest, CaptionResponse>(
            group.MapPost("/caption", (HttpContext http, CaptionEndpoint caption) => caption.HandleAsync(http)), "Captions images.")
            .Produces(StatusCodes.Status200OK, contentType: Events);
        Own<AskRequest, AskResponse>(
            group.MapPost("/ask", (HttpContext http, AskEndpoint ask) => ask.HandleAsync(http)),
                "Answers questions about images, every question about every image.")
            .Produces(StatusCodes.Status200OK, contentType: Events);
        Own<MatchRequest, MatchResponse>(
            group.MapPost("/match", (HttpContext http, MatchEndpoint match) => match.HandleAsync(http)),
                "Tells how well texts fit images.");
        Own<LabelRequest, LabelResponse>(
            group.MapPost("/label", (HttpContext http, LabelEndpoint label) => label.HandleAsync(http)),
                "Chooses among labels for images.");
        Own<SearchRequest, SearchResponse>(
            group.MapPost("/search", (HttpContext http, SearchEndpoint search) => search.HandleAsync(http)),
                "Finds images of the server's index, by words or by an image.");
        group.MapGet("/search/image", (string path, SearchImageEndpoint image, HttpContext http) =>
            image.HandleAsync(path, http.RequestAborted))
            .WithTags("BLIP").WithSummary("A small copy of an image of the index.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png", additionalContentTypes: "image/jpeg")
                .Produces<ProblemBody>(StatusCodes.Status404NotFound, Problem);
        Own<AttentionRequest, AttentionResponse>(
            group.MapPost("/attention", (HttpContext http, AttentionEndpoint attention) => attention.HandleAsync(http)),
                "Shows where the model looked for each word.");
    }

    private static RouteHandlerBuilder Own<TRequest, TResponse>(RouteHandlerBuilder endpoint, string summary)
        where TRequest : notnull =>
        Describe<TRequest, TResponse>(
            endpoint, "BLIP", summary, Form, "application/x-www-form-urlencoded", "image/*", "application/octet-stream")
            .Produces<ProblemBody>(StatusCodes.Status400BadRequest, Problem);

    private static RouteHandlerBuilder Describe<TRequest,
        TResponse>(RouteHandlerBuilder endpoint, string tag, string summary, params string[] alsoAccepts)
        where TRequest : notnull =>
        endpoint.WithTags(tag).WithSummary(summary).Accepts<TRequest>(Json, alsoAccepts).Produces<TResponse>();
}
