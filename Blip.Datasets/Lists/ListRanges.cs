namespace Blip.Datasets.Lists;

/// <summary>A part of a list.</summary>
/// <param name="First">The number of its first entry, from 0.</param>
/// <param name="Count">How many entries it has.</param>
/// <param name="Offset">Where its first entry begins, in bytes.</param>
internal readonly record struct ListRange(long First, long Count, long Offset)
{
    /// <summary>The name of the shard: the file, and the entries' numbers.</summary>
    public string NameOf(string path) => $"{path}[{First}..{First + Count}]";
}

/// <summary>Parts a list into ranges. Neighbours of one image stay together: they are one sample with several texts.</summary>
/// <param name="size">Entries of a range; more where the last image has more.</param>
internal sealed class ListRanges(int size)
{
    private readonly List<ListRange> ranges = [];
    private string? last;

    /// <summary>The ranges so far.</summary>
    public IReadOnlyList<ListRange> All => ranges;

    /// <summary>Takes the next entry.</summary>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="image">Its image; null where it has none.</param>
    public void Add(long offset, string? image)
    {
        if (ranges.Count == 0 || (ranges[^1].Count >= size && (image is null || image != last)))
            ranges.Add(new ListRange(ranges.Count == 0 ? 0 : ranges[^1].First + ranges[^1].Count, 1, offset));
        else
            ranges[^1] = ranges[^1] with { Count = ranges[^1].Count + 1 };
        last = image;
    }
}
