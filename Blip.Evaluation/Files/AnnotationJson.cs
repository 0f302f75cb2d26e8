using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Blip.Evaluation;

/// <summary>Reads the JSON files of data sets, streamed into the few fields that are needed: some are hundreds of megabytes.</summary>
internal static class AnnotationJson
{
    /// <summary>Whether the file is an array at its root; the other formats are objects.</summary>
    /// <exception cref="AnnotationException">The file cannot be read, or is neither.</exception>
    public static bool IsArray(string path)
    {
        using var stream = Open(path);
        int c;
        do
        {
            c = stream.ReadByte();
        }
        while (c is ' ' or '\t' or '\r' or '\n' or 0xEF or 0xBB or 0xBF);
        return c switch
        {
            '[' => true,
            '{' => false,
            -1 => throw new AnnotationException($"{path}: the file is empty."),
            _ => throw new AnnotationException($"{path}: the file is no JSON: it begins with neither {{ nor [."),
        };
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="AnnotationException">The file cannot be read or is not of this form; the message says where.</exception>
    public static T Load<T>(string path, JsonTypeInfo<T> type)
    {
        try
        {
            using var stream = Open(path);
            return JsonSerializer.Deserialize(stream, type) ?? throw new AnnotationException($"{path}: the file holds null.");
        }
        catch (JsonException e)
        {
            var place = e.Path is { Length: > 1 } inside ? $"{inside.TrimStart('$', '.')} " : "";
            var line = e.LineNumber is { } number ? $"line {number + 1}" : "the end";
            throw new AnnotationException($"{path}: {place}cannot be read, at {line}: {e.Message.Split(" Path:")[0].TrimEnd('.')}.", e);
        }
        catch (IOException e)
        {
            throw new AnnotationException($"{path}: {e.Message}", e);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new AnnotationException($"{path}: the file cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>Code for the files' forms, made when this is built: no reflection when it runs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CaptionFile))]
[JsonSerializable(typeof(List<ListedImage>))]
[JsonSerializable(typeof(QuestionFile))]
[JsonSerializable(typeof(List<QuestionEntry>))]
[JsonSerializable(typeof(List<ResultEntry>))]
[JsonSerializable(typeof(List<string>))]
internal sealed partial class AnnotationForms : JsonSerializerContext;
