using System.Collections.Frozen;
using System.Reflection;

namespace Blip.Server.Page;

/// <summary>The page at <c>/</c>: files embedded in this assembly.</summary>
internal static class PageFiles
{
    public const string Folder = "/page";

    private static readonly FrozenDictionary<string, byte[]> Files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => Path.GetExtension(name) is ".html" or ".css" or ".js")
        .ToFrozenDictionary(name => name, Read, StringComparer.Ordinal);

    /// <summary>Maps the page without a key: the page asks its reader for one.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/", () => Of("index.html")).ExcludeFromDescription();
        endpoints.MapGet($"{Folder}/{{name}}", (string name) => Of(name)).ExcludeFromDescription();
    }

    private static IResult Of(string name) =>
        Files.TryGetValue(name, out var bytes) ? TypedResults.Bytes(bytes, TypeOf(name)) : TypedResults.NotFound();

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        _ => "text/javascript; charset=utf-8",
    };

    private static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
