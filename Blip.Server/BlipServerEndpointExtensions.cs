using Blip.Server.Endpoints;
using Blip.Server.Http;
using Blip.Server.OpenAI;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Blip.Server;

/// <summary>Puts BLIP's endpoints into an application's routes.</summary>
public static class BlipServerEndpointExtensions
{
    /// <summary>Maps all endpoints: <c>/v1/…</c>, <c>/caption</c>, <c>/healthz</c>, <c>/readyz</c>. Register the service first.</summary>
    /// <param name="endpoints">The application.</param>
    /// <returns>The endpoints of the models, for policies of the application's own.</returns>
    public static RouteGroupBuilder MapBlip(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        HealthEndpoints.Map(endpoints);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptions<BlipServerOptions>>().Value;
        var group = endpoints.MapGroup("");
        group.AddEndpointFilter<RouteGroupBuilder, Gate>().WithMetadata(new RequestSizeLimitAttribute(options.MaxBodyBytes));
        group.MapPost("/v1/chat/completions", (HttpContext http, ChatCompletions chat) => chat.HandleAsync(http));
        group.MapPost("/v1/embeddings", (HttpContext http, Embeddings embeddings) => embeddings.HandleAsync(http));
        group.MapGet("/v1/models", (ModelCatalog models) => TypedResults.Json(models.List(), JsonBodies.Writing));
        group.MapGet("/v1/models/{name}", (string name, ModelCatalog models) => TypedResults.Json(models.Find(name), JsonBodies.Writing));
        group.MapPost("/caption", (HttpContext http, CaptionEndpoint caption) => caption.HandleAsync(http));
        return group;
    }
}
