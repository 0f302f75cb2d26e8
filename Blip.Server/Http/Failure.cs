using System.Globalization;
using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Server.Http;

/// <summary>Why a request fails, as the client is told. A null <paramref name="RetryAfter"/>: trying again does not help.</summary>
internal sealed record Failure(int Status, string Message, string? Field = null, string? Code = null, TimeSpan? RetryAfter = null)
{
    public static readonly Failure NoKey = new(
        StatusCodes.Status401Unauthorized, "The request carries no valid key: send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'.",
            Code: "invalid_api_key");

    public static readonly Failure Ending = new(
        StatusCodes.Status503ServiceUnavailable, "The server is shutting down; try again in a moment, or another one.",
            Code: "shutting_down", RetryAfter: TimeSpan.FromSeconds(5));

    /// <summary>Whether the server is at fault, and must log it.</summary>
    public bool IsServers => Status == StatusCodes.Status500InternalServerError;

    /// <summary>The client's error for an exception. A server that is <paramref name="stopping"/> frees its models.</summary>
    public static Failure Of(Exception e, bool timedOut, bool stopping) => e switch
    {
        RequestException own => new(own.Status, own.Message, own.Field, own.Code, own.RetryAfter),
        OperationCanceledException when timedOut => new(
            StatusCodes.Status504GatewayTimeout,
                "The request took longer than this server allows; ask for less at once, or raise --timeout.", Code: "timeout"),
        OperationCanceledException or ObjectDisposedException when stopping => Ending,
        PipelineBusyException => new(
            StatusCodes.Status429TooManyRequests, "As many requests wait for the model as this server takes: try again in a moment.",
                Code: "busy", RetryAfter: TimeSpan.FromSeconds(1)),
        ImageException => new(StatusCodes.Status400BadRequest, e.Message, "image", "invalid_image"),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => new(
            StatusCodes.Status413PayloadTooLarge,
                "The body is larger than this server allows; send smaller images, fewer at once, or raise --max-body.",
                Code: "body_too_large"),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => new(
            StatusCodes.Status408RequestTimeout, "The body came too slowly; send it faster, or a smaller image.", Code: "body_too_slow"),
        BadHttpRequestException bad => new(bad.StatusCode, "The request's body is no valid HTTP, or it ended early.", Code: "invalid_body"),
        ArgumentException argument => Of(FieldNames.Explain(argument), timedOut, stopping),
        // A model freed while the server runs has lost its device.
        DeviceException or ObjectDisposedException =>
            new(StatusCodes.Status500InternalServerError, "The device failed; the server's log says how.", Code: "device_failed"),
        _ => new(StatusCodes.Status500InternalServerError, "The server failed at this request; its log says how.", Code: "internal_error"),
    };

    public void WriteHeaders(HttpResponse response)
    {
        response.StatusCode = Status;
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        // A repeated request may reach another server at the same address.
        if (this == Ending)
            response.Headers.Connection = "close";
    }
}
