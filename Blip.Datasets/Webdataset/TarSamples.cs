using System.Text;
using System.Text.Json.Nodes;
using Blip.Datasets.Files;

namespace Blip.Datasets.Webdataset;

/// <summary>Makes samples of a tar: adjacent files of one key are a sample. The text field defaults to <c>caption</c>.</summary>
internal sealed class TarSamples(string path, string? textColumn)
{
    private const long LongestMember = 1 << 30;

    // For a tar that ends before the next sample's name.
    private const string NoKey = "(cut)";

    private readonly Keys.Unique keys = new(StringComparer.Ordinal);
    private readonly List<(string Extension, byte[] Bytes)> members = [];
    private readonly HashSet<string> extensions = new(StringComparer.Ordinal);
    private string? key;
    private string? error;
    private int index;

    public IEnumerable<Sample> Read()
    {
        using var tar = new TarFile(path);
        while (tar.Next() is { } entry)
        {
            if (!TarMember.TryParse(entry.Name, out var member))
                continue;
            if (key is not null && member.Key != key)
                yield return Finish();
            key = member.Key;
            if (entry.Length > LongestMember)
                error ??= $"Its .{member.Extension} has {entry.Length} bytes; at most {LongestMember} are read.";
            else if (tar.Read(entry) is { } bytes)
                Add(member.Extension, bytes);
        }
        if (tar.Fault is not null)
        {
            yield return new Sample
            {
                Key = keys.Next(key ?? NoKey),
                Index = index,
                Error = $"The tar is {tar.Fault} here: what it holds of this sample may not be all.",
            };
        }
        else if (key is not null)
        {
            yield return Finish();
        }
    }

    private void Add(string extension, byte[] bytes)
    {
        if (!extensions.Add(extension))
            error ??= $"It has two files .{extension}.";
        else
            members.Add((extension, bytes));
    }

    private Sample Finish()
    {
        var unique = keys.Next(key!);
        if (unique != key)
            error ??= $"The key {key} was there before: the files of a sample must stand one after the other. Sort the tar by name.";
        var image = members.Where(member => ImageFiles.RankOf(member.Extension) >= 0)
            .OrderBy(member => ImageFiles.RankOf(member.Extension)).FirstOrDefault();
        var text = Take("txt") is { } bytes ? Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF') : null;
        var fields = Fields();
        var sample = new Sample
        {
            Key = unique,
            Index = index++,
            Image = image.Bytes is null ? null : SampleImage.FromBytes($"{Path.GetFileName(key)}.{image.Extension}", image.Bytes),
            Texts = Captions.OfSidecars(text, fields, textColumn),
            Fields = fields is { Count: > 0 } ? fields : null,
            Members = members.Where(member => member.Bytes != image.Bytes)
                .ToDictionary(member => member.Extension, member => (ReadOnlyMemory<byte>)member.Bytes),
            Error = error ?? (image.Bytes is null ? NoImage() : null),
        };
        members.Clear();
        extensions.Clear();
        (key, error) = (null, null);
        return sample;
    }

    private string NoImage() => members.Count == 0
        ? "It has no image."
        : $"It has no image, only {string.Join(", ", members.Select(member => '.' + member.Extension))}: a key ends at the first dot.";

    private JsonObject? Fields()
    {
        if (Take("json") is not { } json)
            return null;
        if (JsonFields.TryParse(json, out var fields, out var problem))
            return fields;
        error ??= $"Its .json is damaged: {problem}";
        return null;
    }

    private byte[]? Take(string extension)
    {
        var at = members.FindIndex(member => member.Extension.Equals(extension, StringComparison.OrdinalIgnoreCase));
        if (at < 0)
            return null;
        var bytes = members[at].Bytes;
        members.RemoveAt(at);
        return bytes;
    }
}
