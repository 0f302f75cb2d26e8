namespace Blip.Datasets.Shapes;

/// <summary>
/// Random numbers that depend on a seed, a purpose and an index alone: SplitMix64 (Steele, Lea and Flood 2014) from a start that is
/// mixed out of the three. They are the same on every machine and with every version of .NET.
/// </summary>
internal sealed class SceneRandom
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state;

    /// <summary>The numbers of one index.</summary>
    /// <param name="seed">The data set's seed.</param>
    /// <param name="purpose">Sets apart numbers for different things.</param>
    /// <param name="index">The scene's index.</param>
    public SceneRandom(long seed, ulong purpose, long index)
        : this(Mix(Mix(Mix((ulong)seed + Step) + purpose) + (ulong)index))
    {
    }

    /// <summary>The numbers of SplitMix64 from a state.</summary>
    internal SceneRandom(ulong state) => this.state = state;

    /// <summary>An integer from 0 to below a bound, which is above 0.</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>A number from a lowest to a highest one, both among them.</summary>
    public int Between(int lowest, int highest) => lowest + Below(highest - lowest + 1);

    /// <summary>A number from 0 to below 1, of 53 bits.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>One member of an enum.</summary>
    public T Any<T>()
        where T : struct, Enum => Any(Enum.GetValues<T>());

    /// <summary>One element of a list, which is not empty.</summary>
    public T Any<T>(IReadOnlyList<T> values) => values[Below(values.Count)];

    /// <summary>A member of an enum other than one.</summary>
    public T Other<T>(T than)
        where T : struct, Enum => Other(than, Enum.GetValues<T>());

    /// <summary>An element of a list other than one.</summary>
    public T Other<T>(T than, IReadOnlyList<T> values)
        where T : struct => Any([.. values.Where(value => !value.Equals(than))]);

    /// <summary>The next 64 bits.</summary>
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
