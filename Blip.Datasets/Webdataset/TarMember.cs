namespace Blip.Datasets.Webdataset;

/// <summary>A file in a tar, as webdataset names it.</summary>
/// <param name="Key">Its sample: the folder, and the name up to the first dot.</param>
/// <param name="Extension">The rest after that dot.</param>
internal readonly record struct TarMember(string Key, string Extension)
{
    /// <summary>Splits a member's name; false if it belongs to no sample.</summary>
    public static bool TryParse(string name, out TarMember member)
    {
        while (name.StartsWith("./", StringComparison.Ordinal))
            name = name[2..];
        var start = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', start);
        // Hidden files (macOS adds some) and files without extension have no key.
        member = dot > start && dot < name.Length - 1 ? new TarMember(name[..dot], name[(dot + 1)..]) : default;
        // Names in double underscores are webdataset's metadata.
        var stem = dot > start ? name.AsSpan(start, dot - start) : [];
        return member.Key is not null && !(stem.Length > 4 && stem.StartsWith("__") && stem.EndsWith("__"));
    }
}
