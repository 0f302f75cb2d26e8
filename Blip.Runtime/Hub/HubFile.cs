namespace Blip.Runtime.Hub;

/// <summary>A file of a model as the hub describes it.</summary>
/// <param name="path">Its path in the model.</param>
/// <param name="tag">Its blob's name: a hash of its content.</param>
/// <param name="size">Its length in bytes.</param>
/// <param name="location">Where its bytes are.</param>
internal sealed class HubFile(string path, string tag, long size, Uri location)
{
    private const int LongestTag = 128;

    // Sums of as many files as a list may have stay numbers.
    private const long LargestFile = 1L << 43;

    /// <summary>Its path in the model.</summary>
    public string Path => path;

    /// <summary>Its blob's name.</summary>
    public string Tag => tag;

    /// <summary>Its length in bytes.</summary>
    public long Size => size;

    /// <summary>Where its bytes are; a signed address ends after a while, and is asked for anew.</summary>
    public Uri Location { get; set; } = location;

    /// <summary>Checks the hub's facts: the tag becomes the name of a file here.</summary>
    /// <exception cref="HubException">It says nothing, or nothing that can be.</exception>
    public static HubFile Of(string path, string? tag, long size, Uri location, string host)
    {
        var name = (tag ?? "").Trim();
        name = (name.StartsWith("W/", StringComparison.Ordinal) ? name[2..] : name).Trim('"');
        if (name.Length is 0 or > LongestTag || name[0] == '.'
            || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
        {
            throw new HubException($"{host} gives no usable ETag for {path}: is it a hub, or a proxy that takes headers away?");
        }
        if (size < 0)
            throw new HubException($"{host} does not say how long {path} is: is it a hub, or a proxy that takes headers away?");
        if (size > LargestFile)
            throw new HubException($"{host} says that {path} has {Disk.Words(size)}: no model's file is so large.");
        return new HubFile(path, name, size, location);
    }
}
