namespace Blip.Datasets.Shapes;

/// <summary>
/// Random numbers that depend on seed, purpose and index alone, on every machine and .NET version: SplitMix64 (Steele, Lea and Flood 2014).
/// </summary>
internal sealed class SceneRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state;

    /// <summary>The numbers of one index of a data set; each purpose has separate ones.</summary>
    public SceneRandom(long seed, ulong purpose, long index)
        : this(Mix(Mix(Mix((ulong)seed + Step) + purpose) + (ulong)index))
    {
    }

    internal SceneRandom(ulong state) => this.state = state;

    /// <summary>An integer from 0 to below a positive bound.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>An integer between two bounds, inclusive.</summary>
    public int Between(int lowest, int highest) => lowest + Below(highest - lowest + 1);

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1L << 53));

    public T Any<T>()
        where T : struct, Enum => Any(Enum.GetValues<T>());

    /// <summary>An element of a list that is not empty.</summary>
    public T Any<T>(IReadOnlyList<T> values) => values[Below(values.Count)];

    /// <summary>Another member of an enum.</summary>
    public T Other<T>(T than)
        where T : struct, Enum => Other(than, Enum.GetValues<T>());

    /// <summary>Another element of a list.</summary>
    public T Other<T>(T than, IReadOnlyList<T> values)
        where T : struct => Any([.. values.Where(value => !value.Equals(than))]);

    internal ulong Next()
    {
        state += Step;
        return Mix(state);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
