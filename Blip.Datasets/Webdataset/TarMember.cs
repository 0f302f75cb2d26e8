namespace Blip.Datasets.Webdataset;

/// <summary>A file in a tar, as webdataset names it.</summary>
/// <param name="Key">The sample that it belongs to: its folder, and its name up to the first dot.</param>
/// <param name="Extension">The rest of its name without that dot.</param>
internal readonly record struct TarMember(string Key, string Extension)
{
    /// <summary>Takes a member's name apart; false for a member of no sample.</summary>
    public static bool TryParse(string name, out TarMember member)
    {
        while (name.StartsWith("./", StringComparison.Ordinal))
            name = name[2..];
        var start = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', start);
        // No key: hidden files, as macOS puts them into tars, and files without an extension.
        member = dot > start && dot < name.Length - 1 ? new TarMember(name[..dot], name[(dot + 1)..]) : default;
        // Names in double underscores are webdataset's own, not samples.
        var stem = dot > start ? name.AsSpan(start, dot - start) : [];
        return member.Key is not null && !(stem.Length > 4 && stem.StartsWith("__") && stem.EndsWith("__"));
    }
}
