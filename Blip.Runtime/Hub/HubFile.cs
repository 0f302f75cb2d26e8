namespace Blip.Runtime.Hub;

/// <summary>A file of a model as the hub describes it; its tag is its blob's name, a hash of its content.</summary>
internal sealed class HubFile(string path, string tag, long size, Uri location)
{
    private const int LongestTag = 128;

    // The sum over the longest list of files must not overflow.
    private const long LargestFile = 1L << 43;

    public string Path => path;

    public string Tag => tag;

    public long Size => size;

    /// <summary>The address of its bytes; a signed one expires and is renewed.</summary>
    public Uri Location { get; set; } = location;

    /// <summary>Checks the hub's data: the tag becomes a file name here.</summary>
    /// <exception cref="HubException">A value is missing or impossible.</exception>
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
