namespace Blip.Datasets.Lists;

/// <summary>A part of a list.</summary>
/// <param name="First">Its first entry's number, from 0.</param>
/// <param name="Count">Its number of entries.</param>
/// <param name="Offset">Its first entry's byte offset.</param>
internal readonly record struct ListRange(long First, long Count, long Offset)
{
    /// <summary>The shard's name: the file and the entries' numbers.</summary>
    public string NameOf(string path) => $"{path}[{First}..{First + Count}]";
}

/// <summary>
/// Divides a list into ranges. Adjacent entries of one image stay together as one sample, so a range may exceed its size.
/// </summary>
internal sealed class ListRanges(int size)
{
    private readonly List<ListRange> ranges = [];
    private string? last;

    public IReadOnlyList<ListRange> All => ranges;

    /// <summary>Adds the next entry by its byte offset and image (null for none).</summary>
    public void Add(long offset, string? image)
    {
        if (ranges.Count == 0 || (ranges[^1].Count >= size && (image is null || image != last)))
            ranges.Add(new ListRange(ranges.Count == 0 ? 0 : ranges[^1].First + ranges[^1].Count, 1, offset));
        else
            ranges[^1] = ranges[^1] with { Count = ranges[^1].Count + 1 };
        last = image;
    }
}
