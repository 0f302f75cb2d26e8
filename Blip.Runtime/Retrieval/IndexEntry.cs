namespace Blip.Runtime.Retrieval;

/// <summary>The index's facts about one of its vectors.</summary>
/// <param name="Id">Its name; a path, for a file. Two entries of an index never have the same.</param>
/// <param name="Length">Length of the file in bytes when its vector was made; 0 where there is no file.</param>
/// <param name="Modified">When the file was last changed, as <see cref="DateTime.Ticks"/> in UTC; 0 where there is no file.</param>
public readonly record struct IndexEntry(string Id, long Length = 0, long Modified = 0);

/// <summary>An entry that a search found.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Score">The dot product of its vector with the query, in double: the cosine, since both have length one.</param>
public readonly record struct IndexHit(IndexEntry Entry, double Score);
