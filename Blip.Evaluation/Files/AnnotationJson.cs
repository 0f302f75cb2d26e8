using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Blip.Runtime.Files;

namespace Blip.Evaluation;

/// <summary>Streams data sets' JSON files, up to hundreds of megabytes, into the needed fields.</summary>
internal static class AnnotationJson
{
    /// <summary>Whether the file's root is an array, not an object.</summary>
    /// <exception cref="AnnotationException">The file is unreadable, or neither.</exception>
    public static bool IsArray(string path)
    {
        using var stream = Open(path);
        int c;
        try
        {
            do
            {
                c = stream.ReadByte();
            }
            while (c is ' ' or '\t' or '\r' or '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnnotationException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
        }
        return c switch
        {
            '[' => true,
            '{' => false,
            -1 => throw new AnnotationException($"{path}: the file is empty."),
            _ => throw new AnnotationException($"{path}: the file is no JSON: it begins with neither {{ nor [."),
        };
    }

    /// <exception cref="AnnotationException">The file is unreadable or of another form; the message says where.</exception>
    public static T Load<T>(string path, JsonTypeInfo<T> type) =>
        Read(path, stream => JsonSerializer.Deserialize(stream, type)) ?? throw new AnnotationException($"{path}: the file holds null.");

    /// <summary>Reads a file of JSON lines or of successive objects.</summary>
    public static List<T?> LoadLines<T>(string path, JsonTypeInfo<T> type) =>
        Read(path, stream => JsonSerializer.DeserializeAsyncEnumerable(stream, type, topLevelValues: true).ToBlockingEnumerable().ToList());

    private static T Read<T>(string path, Func<Stream, T> read)
    {
        try
        {
            using var stream = Open(path);
            return read(stream);
        }
        catch (JsonException e)
        {
            var place = e.Path is { Length: > 1 } inside ? $"{inside.TrimStart('$', '.')} " : "";
            var line = e.LineNumber is { } number ? $"line {number + 1}" : "the end";
            var reason = e.InnerException is JsonException or null ? JsonInput.Words(e) : JsonInput.AnotherKind;
            throw new AnnotationException($"{path}: {place}cannot be read, at {line}: {reason}.", e);
        }
        catch (InvalidOperationException e)
        {
            // An escaped half of a surrogate pair.
            throw new AnnotationException($"{path}: a text in the file is not valid Unicode.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnnotationException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
        }
    }

    private static Stream Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
            var bytes = new byte[OtherContent.HeadLength];
            var head = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            if (OtherContent.Objection(head) is { } objection)
                throw new AnnotationException($"{path}: {objection}.");
            file.Position = 0;
            return new PythonJson(Wide(head) is { } encoding ? Encoding.CreateTranscodingStream(file, encoding, Encoding.UTF8) : file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            file?.Dispose();
            throw new AnnotationException($"{path}: the file cannot be read: {FailureReason.Of(e, path)}.", e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    // UTF-16, as Windows shells write it when they redirect.
    private static UnicodeEncoding? Wide(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? new UnicodeEncoding(bigEndian: false, byteOrderMark: true)
        : head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? new UnicodeEncoding(bigEndian: true, byteOrderMark: true)
        : null;
}

/// <summary>Generated at build time: no reflection at run time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CaptionFile))]
[JsonSerializable(typeof(ClipEntry))]
[JsonSerializable(typeof(List<ListedImage>))]
[JsonSerializable(typeof(QuestionFile))]
[JsonSerializable(typeof(List<QuestionEntry>))]
[JsonSerializable(typeof(List<NlvrEntry>))]
[JsonSerializable(typeof(NlvrEntry))]
[JsonSerializable(typeof(List<ResultEntry>))]
[JsonSerializable(typeof(ResultEntry))]
[JsonSerializable(typeof(List<string>))]
internal sealed partial class AnnotationForms : JsonSerializerContext;
