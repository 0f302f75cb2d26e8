namespace Blip.Kernels;

/// <summary>A vector that was found. Higher scores come first; of equal ones the lower position.</summary>
/// <param name="Position">Its place among the vectors.</param>
/// <param name="Score">Its dot product with the query: the products, each exact, added in double from the first to the last.</param>
public readonly record struct SearchHit(int Position, double Score) : IComparable<SearchHit>
{
    /// <inheritdoc/>
    public int CompareTo(SearchHit other) => Score != other.Score ? other.Score.CompareTo(Score) : Position.CompareTo(other.Position);

    /// <summary>Whether this one comes before the other.</summary>
    public static bool operator <(SearchHit left, SearchHit right) => left.CompareTo(right) < 0;

    /// <summary>Whether this one comes after the other.</summary>
    public static bool operator >(SearchHit left, SearchHit right) => left.CompareTo(right) > 0;

    /// <summary>Whether the other one does not come before this one.</summary>
    public static bool operator <=(SearchHit left, SearchHit right) => left.CompareTo(right) <= 0;

    /// <summary>Whether this one does not come before the other.</summary>
    public static bool operator >=(SearchHit left, SearchHit right) => left.CompareTo(right) >= 0;
}
