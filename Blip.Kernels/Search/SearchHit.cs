namespace Blip.Kernels;

/// <summary>A found vector. Higher scores come first, ties by lower position.</summary>
/// <param name="Position">Its index among the vectors.</param>
/// <param name="Score">Its dot product with the query, added in double from first to last.</param>
public readonly record struct SearchHit(int Position, double Score) : IComparable<SearchHit>
{
    /// <inheritdoc/>
    public int CompareTo(SearchHit other) => Score != other.Score ? other.Score.CompareTo(Score) : Position.CompareTo(other.Position);

    /// <summary>Whether left comes first.</summary>
    public static bool operator <(SearchHit left, SearchHit right) => left.CompareTo(right) < 0;

    /// <summary>Whether left comes after right.</summary>
    public static bool operator >(SearchHit left, SearchHit right) => left.CompareTo(right) > 0;

    /// <summary>Whether right does not come first.</summary>
    public static bool operator <=(SearchHit left, SearchHit right) => left.CompareTo(right) <= 0;

    /// <summary>Whether left does not come first.</summary>
    public static bool operator >=(SearchHit left, SearchHit right) => left.CompareTo(right) >= 0;
}
