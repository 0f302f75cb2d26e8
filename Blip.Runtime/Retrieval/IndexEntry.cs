namespace Blip.Runtime.Retrieval;

/// <summary>A vector's entry in an index.</summary>
/// <param name="Id">Its unique name; a file's is its path.</param>
/// <param name="Length">The file's length in bytes when the vector was made; 0 for no file.</param>
/// <param name="Modified">The file's time of change then, as <see cref="DateTime.Ticks"/> in UTC; 0 for no file.</param>
public readonly record struct IndexEntry(string Id, long Length = 0, long Modified = 0);

/// <summary>An entry that a search found.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Score">The dot product of its vector and the query, in double: the cosine.</param>
public readonly record struct IndexHit(IndexEntry Entry, double Score);
