using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Blip.Runtime.Files;

namespace Blip.Evaluation;

/// <summary>
/// Writes results one by one. The file is always a whole array: a stopped run keeps its results, and a later one resumes.
/// </summary>
public sealed class ResultsWriter : IDisposable
{
    private static readonly byte[] Close = "\n]\n"u8.ToArray();

    private readonly ResultsFormat format;
    private readonly ReplacedFile whole;
    private readonly FileStream file;
    private readonly Dictionary<EntryId, string> results = [];

    private ResultsWriter(ResultsFormat format, ReplacedFile whole) => (this.format, this.whole, file) = (format, whole, whole.Stream);

    /// <summary>All entries of the file, old and appended.</summary>
    public IReadOnlyDictionary<EntryId, string> Results => results;

    /// <summary>Opens a results file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">Its format.</param>
    /// <param name="resume">Continue the file; an incomplete last entry is dropped. Otherwise it must not exist.</param>
    /// <exception cref="AnnotationException">
    /// The file exists without <paramref name="resume"/>, holds something else, cannot be written, or is in use.
    /// </exception>
    public static ResultsWriter Open(string path, ResultsFormat format, bool resume)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(format);
        try
        {
            path = ReplacedFile.Target(path);
            // Locks others out until the file itself exists and is locked.
            var whole = ReplacedFile.GoOn(path, path + ".partial");
            try
            {
                return Open(path, format, resume, whole);
            }
            catch
            {
                whole.Discard();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new AnnotationException($"{path}: the results cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    /// <summary>Adds a result.</summary>
    /// <exception cref="ArgumentException">There is a result with this id.</exception>
    public void Append(EntryId id, string text)
    {
        if (!results.TryAdd(id, text))
            throw new ArgumentException($"There is a result with {format.IdName} {id} already.", nameof(id));
        var line = new ArrayBufferWriter<byte>();
        line.Write(results.Count == 1 ? "\n"u8 : ",\n"u8);
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            format.Write(json, id, text);
        line.Write(Close);
        // Overwrites the closing bracket, in one write.
        file.Seek(-Close.Length, SeekOrigin.End);
        file.Write(line.WrittenSpan);
        file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => whole.Dispose();

    // Rewrites earlier results beside the file, which the copy then replaces atomically.
    private static ResultsWriter Open(string path, ResultsFormat format, bool resume, ReplacedFile whole)
    {
        var there = File.Exists(path);
        if (there && !resume)
            throw new AnnotationException($"{path}: the file exists; resume it, or move it away.");
        var results = there ? Recover(path, format) : [];
        var writer = new ResultsWriter(format, whole);
        whole.Stream.SetLength(0);
        whole.Stream.Write("[\n]\n"u8);
        foreach (var (id, text) in results)
            writer.Append(id, text);
        whole.KeepAs(path);
        return writer;
    }

    private static Dictionary<EntryId, string> Recover(string path, ResultsFormat format)
    {
        try
        {
            return format.Load(path).ToDictionary();
        }
        catch (AnnotationException e) when (e.InnerException is JsonException)
        {
            // The last write was incomplete: each line before it is whole.
            var lines = File.ReadAllLines(path, Encoding.UTF8);
            if (lines is not ["[", ..])
                throw;
            var results = new Dictionary<EntryId, string>();
            foreach (var line in lines.Skip(1))
            {
                if (Entry(line, format) is { } entry)
                    results.TryAdd(entry.Id, entry.Text);
                else
                    break;
            }
            return results;
        }
    }

    private static (EntryId Id, string Text)? Entry(string line, ResultsFormat format)
    {
        try
        {
            return format.Read(JsonSerializer.Deserialize(line.TrimEnd(','), AnnotationForms.Default.ResultEntry));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
