using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Blip.Runtime.Files;

namespace Blip.Bootstrapping.Engine;

/// <summary>
/// A shard's finished samples, one line each with a digest, flushed to disk after each batch. It is also the shard's lock: only one process
/// can open it. Reopening drops a truncated last line.
/// </summary>
internal sealed class ShardJournal : IDisposable
{
    private const int DigestLength = 32;

    private readonly FileStream file;
    private readonly SortedDictionary<int, SampleRecord> records = [];

    private ShardJournal(FileStream file) => this.file = file;

    /// <summary>The finished samples by their place in the shard.</summary>
    public IReadOnlyDictionary<int, SampleRecord> Records => records;

    /// <summary>
    /// Opens or creates a shard's journal. One with another owner is begun anew. The result is null where another process works on the
    /// shard.
    /// </summary>
    public static ShardJournal? TryOpen(string path, JournalHead head)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        // The owner may end before the second check, so the refusal itself counts.
        catch (IOException e) when (FailureReason.IsHeld(e) || IsHeld(path))
        {
            return null;
        }
        var journal = new ShardJournal(file);
        try
        {
            journal.Restore(head);
            return journal;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a process works on the shard now.</summary>
    public static bool IsHeld(string path)
    {
        if (!File.Exists(path))
            return false;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Counts the finished samples of a journal that may be open elsewhere.</summary>
    public static int Count(string path)
    {
        try
        {
            // Without a lock: the owner continues to write.
            return Math.Max(0, File.ReadLines(path).Count() - 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Appends finished samples; they are on disk on return.</summary>
    /// <exception cref="IOException">The disk is full or not writable. Existing entries remain valid.</exception>
    public void Append(IReadOnlyList<SampleRecord> samples)
    {
        if (samples.Count == 0)
            return;
        Write(samples.Select(sample => Line(sample, JournalForms.Default.SampleRecord)));
        foreach (var sample in samples)
            records[sample.Index] = sample;
    }

    /// <summary>Removes samples, so that they are done again.</summary>
    public void Remove(Func<SampleRecord, bool> which, JournalHead head)
    {
        var kept = records.Values.Where(record => !which(record)).ToList();
        if (kept.Count == records.Count)
            return;
        Begin(head);
        Append(kept);
    }

    /// <summary>Deletes the file of a finished shard, which is locked until then.</summary>
    public void Delete()
    {
        File.Delete(file.Name);
        file.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private void Restore(JournalHead head)
    {
        using var reader = new StreamReader(
            file, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1 << 16, leaveOpen: true);
        if (Parse(reader.ReadLine(), JournalForms.Default.JournalHead) is not { } found || found != head)
        {
            Begin(head);
            return;
        }
        var end = Length(Line(found, JournalForms.Default.JournalHead));
        while (reader.ReadLine() is { } line && Parse(line, JournalForms.Default.SampleRecord) is { } record)
        {
            records[record.Index] = record;
            end += Encoding.UTF8.GetByteCount(line) + 1;
        }
        // A last line without its end would merge with the next one.
        file.SetLength(Math.Min(end, file.Length));
        file.Position = file.Length;
        if (end > file.Length)
            Write([""]);
    }

    private void Begin(JournalHead head)
    {
        records.Clear();
        file.SetLength(0);
        Write([Line(head, JournalForms.Default.JournalHead)]);
    }

    private void Write(IEnumerable<string> lines)
    {
        var before = file.Position;
        try
        {
            file.Write(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
            file.Flush(flushToDisk: true);
        }
        catch
        {
            // A full disk may have taken a part.
            file.SetLength(before);
            file.Position = before;
            throw;
        }
    }

    private static int Length(string line) => Encoding.UTF8.GetByteCount(line) + 1;

    private static string Line<T>(T value, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.Serialize(value, type);
        return $"{Digest(json)} {json}";
    }

    private static T? Parse<T>(string? line, JsonTypeInfo<T> type)
        where T : class
    {
        if (line is null || line.Length <= DigestLength || line[..DigestLength] != Digest(line[(DigestLength + 1)..]))
            return null;
        return JsonSerializer.Deserialize(line[(DigestLength + 1)..], type);
    }

    private static string Digest(string json) => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(json)));
}
