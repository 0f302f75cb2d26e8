using System.Globalization;

namespace Blip.Runtime.Graph;

/// <summary>A dimension: a number, or a symbol such as <c>batch</c> that a plan resolves.</summary>
internal readonly record struct Dim
{
    private Dim(string? symbol, int size) => (Symbol, Size) = (symbol, size);

    /// <summary>The symbol; null for a number.</summary>
    public string? Symbol { get; }

    /// <summary>The number; 0 for a symbol.</summary>
    public int Size { get; }

    public static implicit operator Dim(int size) =>
        size > 0 ? new Dim(null, size) : throw new ArgumentOutOfRangeException(nameof(size), size, "A dimension is at least 1.");

    /// <summary>A dimension whose size a plan gives.</summary>
    public static Dim Of(string symbol) => new(symbol, 0);

    /// <exception cref="ArgumentException">The symbol has no size.</exception>
    public int Resolve(IReadOnlyDictionary<string, int> sizes) => Symbol is null ? Size
        : sizes.TryGetValue(Symbol, out var size) ? size
        : throw new ArgumentException($"The dimension '{Symbol}' has no size in this plan.", nameof(sizes));

    /// <inheritdoc/>
    public override string ToString() => Symbol ?? Size.ToString(CultureInfo.InvariantCulture);
}
