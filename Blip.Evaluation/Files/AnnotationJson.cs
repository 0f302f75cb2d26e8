using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Blip.Runtime.Files;

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
            throw new AnnotationException($"{path}: {e.Message}", e);
        }
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
    public static T Load<T>(string path, JsonTypeInfo<T> type) =>
        Read(path, stream => JsonSerializer.Deserialize(stream, type)) ?? throw new AnnotationException($"{path}: the file holds null.");

    /// <summary>Reads a file of one object after another, as JSON lines are.</summary>
    /// <exception cref="AnnotationException">The file cannot be read or is not of this form; the message says where.</exception>
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
            // The reader says what it expected of a character, and of a value of another kind only the name of a type.
            var reason = e.InnerException is JsonException or null && e.Message.Split(" Path:")[0].Split(" LineNumber:")[0] is var text
                && !text.Contains("could not be converted", StringComparison.Ordinal) && !text.StartsWith("Exception of type", StringComparison.Ordinal)
                ? text.TrimEnd('.')
                : "a value of another kind belongs there";
            throw new AnnotationException($"{path}: {place}cannot be read, at {line}: {reason}.", e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a pair of UTF-16 units, written as an escape.
            throw new AnnotationException($"{path}: a text in the file is not valid Unicode: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AnnotationException($"{path}: {e.Message}", e);
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
            throw new AnnotationException($"{path}: the file cannot be read: {e.Message}", e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    // The encoding of Windows' shells when they redirect.
    private static UnicodeEncoding? Wide(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? new UnicodeEncoding(bigEndian: false, byteOrderMark: true)
        : head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? new UnicodeEncoding(bigEndian: true, byteOrderMark: true)
        : null;
}

/// <summary>Code for the files' forms, made when this is built: no reflection when it runs.</summary>
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
