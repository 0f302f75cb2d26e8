using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Blip.Server.Hosting;

/// <summary>The OpenAPI document's general part.</summary>
internal static class Description
{
    private const string Key = "key";

    public static void Describe(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new OpenApiInfo
        {
            Title = "BLIP",
            Version = typeof(Description).Assembly.GetName().Version?.ToString(3) ?? "0",
            Description = "Captions, answers, matches, vectors and search, over images. Fields of generation are those of Hugging Face's "
                + "generate().",
        };
        // Relative: a fixed address would be wrong behind a proxy.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.AddComponent(
            Key, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http, Scheme = "bearer",
                Description = "Where the server was started with a key."
            });
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] }];
        return Task.CompletedTask;
    });
}
