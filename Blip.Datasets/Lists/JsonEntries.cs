using System.Text.Json;
using Blip.Datasets.Files;
using Blip.Runtime.Files;

namespace Blip.Datasets.Lists;

/// <summary>Streams the entries of a JSON array or JSON Lines as bytes.</summary>
internal sealed class JsonEntries : IDisposable
{
    private const int LongestEntry = 1 << 26;

    private readonly string path;
    private readonly FileStream file;
    private byte[] buffer = new byte[1 << 16];
    private int start;
    private int end;
    private long offset;
    private bool ended;

    private JsonEntries(string path, long offset)
    {
        this.path = path;
        file = File.OpenRead(path);
        this.offset = file.Position = offset;
    }

    /// <summary>Entries with their file offsets, from the entry at <paramref name="offset"/> on.</summary>
    public static IEnumerable<(long Offset, ReadOnlyMemory<byte> Json)> Read(string path, bool lines, long offset)
    {
        using var entries = new JsonEntries(path, offset);
        if (offset == 0)
            entries.SkipBom();
        foreach (var entry in lines ? entries.Lines() : entries.Elements(inside: offset > 0))
            yield return entry;
    }

    /// <summary>The first character that is not blank; null for an empty file.</summary>
    public static char? FirstCharacter(string path)
    {
        using var entries = new JsonEntries(path, 0);
        entries.SkipBom();
        return (char?)entries.Peek();
    }

    public void Dispose() => file.Dispose();

    private IEnumerable<(long, ReadOnlyMemory<byte>)> Lines()
    {
        for (var searched = 0; ;)
        {
            var length = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (length < 0 && !ended)
            {
                searched = end - start;
                Fill();
                continue;
            }
            length = length < 0 ? end - start : searched + length;
            if (buffer.AsSpan(start, length).Trim(" \t\r"u8).Length > 0)
                yield return (offset, buffer.AsMemory(start, length));
            if (ended && start + length == end)
                yield break;
            Advance(length + 1);
            searched = 0;
        }
    }

    private IEnumerable<(long, ReadOnlyMemory<byte>)> Elements(bool inside)
    {
        if (!inside)
        {
            Expect((byte)'[');
            if (Peek() == ']')
                yield break;
        }
        while (true)
        {
            Peek();
            var length = ElementLength();
            yield return (offset, buffer.AsMemory(start, length));
            Advance(length);
            if (Peek() == ']')
                yield break;
            Expect((byte)',');
        }
    }

    private void Expect(byte character)
    {
        if (Peek() is not { } next)
            throw CutOff();
        if (next != character)
        {
            throw new DatasetException(
                $"{path}: at byte {offset} there is '{(char)next}' where '{(char)character}' is to be; the JSON is damaged.");
        }
        Advance(1);
    }

    private byte? Peek()
    {
        while (true)
        {
            for (; start < end; Advance(1))
            {
                if (buffer[start] is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
                    return buffer[start];
            }
            if (ended)
                return null;
            Fill();
        }
    }

    private int ElementLength()
    {
        while (true)
        {
            if (TryMeasure(out var length))
                return length;
            if (ended)
                throw CutOff();
            Fill();
        }
    }

    private bool TryMeasure(out int length)
    {
        length = 0;
        var reader = new Utf8JsonReader(buffer.AsSpan(start, end - start), isFinalBlock: false, default);
        try
        {
            if (!reader.Read() || !reader.TrySkip())
                return false;
        }
        catch (JsonException exception)
        {
            throw new DatasetException($"{path}: the entry at byte {offset} is damaged: {FailureReason.Of(exception)}.", exception);
        }
        length = (int)reader.BytesConsumed;
        return true;
    }

    private DatasetException CutOff() =>
        new($"{path}: the file is cut off at byte {offset + end - start}: the end of its list is missing.");

    private void SkipBom()
    {
        while (end - start < 3 && !ended)
            Fill();
        if (buffer.AsSpan(start, end - start).StartsWith("\uFEFF"u8))
            Advance(3);
    }

    private void Advance(int count) => (start, offset) = (start + count, offset + count);

    private void Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length)
        {
            if (end >= LongestEntry)
                throw new DatasetException($"{path}: the entry at byte {offset} is longer than {LongestEntry} bytes.");
            Array.Resize(ref buffer, 2 * buffer.Length);
        }
        var count = file.Read(buffer.AsSpan(end));
        ended = count == 0;
        end += count;
    }
}
