using Blip.Server.Hosting;
using Blip.Server.Http;

namespace Blip.Server.Endpoints;

/// <summary><c>GET /healthz</c>: the process answers. <c>GET /readyz</c>: its models are ready. Neither asks for a key.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", () => TypedResults.Json(new HealthStatus("ok"), JsonBodies.Writing))
            .WithTags("Health").WithSummary("Whether the process answers.").Produces<HealthStatus>();
        endpoints.MapGet("/readyz", (ModelSet models, Shutdown shutdown) => Ready(models, shutdown))
            .WithTags("Health").WithSummary("Whether its models do.").Produces<HealthStatus>()
                .Produces<HealthStatus>(StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Ready(ModelSet models, Shutdown shutdown)
    {
        var states = models.Served.ToDictionary(slot => slot.Kind, slot => Word(slot.State));
        var status = shutdown.IsStopping ? "stopping"
            : models.Served.Any(slot => slot.State == ModelState.Failed) ? "failed"
            : models.Served.All(slot => slot.State == ModelState.Ready) ? "ready"
            : "loading";
        return TypedResults.Json(
            new HealthStatus(status, states), JsonBodies.Writing,
            statusCode: status == "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    internal static string Word(ModelState state) => state switch
    {
        ModelState.Absent => "absent",
        ModelState.Loading => "loading",
        ModelState.Ready => "ready",
        ModelState.Failed => "failed",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state."),
    };
}

/// <summary>A server's health.</summary>
/// <param name="Status">One word.</param>
/// <param name="Models">Each model's state, in one word.</param>
internal sealed record HealthStatus(string Status, IReadOnlyDictionary<string, string>? Models = null);
