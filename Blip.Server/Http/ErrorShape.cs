using System.Text.Json.Serialization;

namespace Blip.Server.Http;

/// <summary>The shape of errors: OpenAI's below <c>/v1</c>, problem details (RFC 9457) elsewhere.</summary>
internal static class ErrorShape
{
    public const string OpenAIPath = "/v1";

    public static bool IsOpenAI(HttpContext http) => http.Request.Path.StartsWithSegments(OpenAIPath, StringComparison.OrdinalIgnoreCase);

    public static object Body(HttpContext http, Failure failure) => IsOpenAI(http)
        ? new OpenAIErrorBody(new OpenAIError(failure.Message, TypeOf(failure.Status), failure.Field, failure.Code))
        : new ProblemBody(
            $"https://www.rfc-editor.org/rfc/rfc9110#section-{Section(failure.Status)}",
                Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(failure.Status),
            failure.Status, failure.Message, failure.Field, failure.Code);

    public static Task WriteAsync(HttpContext http, Failure failure, CancellationToken cancellationToken)
    {
        failure.WriteHeaders(http.Response);
        return http.Response.WriteAsJsonAsync(
            Body(http, failure), JsonBodies.Writing, IsOpenAI(http) ? "application/json" : "application/problem+json", cancellationToken);
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static string Section(int status) => status < 500 ? "15.5" : "15.6";
}

internal sealed record OpenAIErrorBody(OpenAIError Error);

/// <summary>OpenAI's error.</summary>
/// <param name="Message">For people.</param>
/// <param name="Type">The class of error.</param>
/// <param name="Param">The wrong field.</param>
/// <param name="Code">For programs.</param>
internal sealed record OpenAIError(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

/// <summary>Problem details.</summary>
/// <param name="Type">An address that defines the status.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The status.</param>
/// <param name="Detail">The fault and the remedy.</param>
/// <param name="Field">The wrong field.</param>
/// <param name="Code">For programs.</param>
internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string? Field, string? Code);
