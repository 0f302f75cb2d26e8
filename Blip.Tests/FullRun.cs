namespace Blip.Tests;

/// <summary>Tests that take long and repeat on a larger scale what others show: CI runs them.</summary>
internal static class FullRun
{
    private const string Full = "full";

    /// <summary>Whether <c>BLIP_TESTS</c> asks for them.</summary>
    public static bool IsAskedFor => TestSwitches.Read(TestSwitches.Tests) == Full;

    /// <summary>So many of a list, or all where it has fewer, evenly over it.</summary>
    public static IReadOnlyList<T> Evenly<T>(this IReadOnlyList<T> list, int most)
    {
        var count = Math.Min(most, list.Count);
        return [.. Enumerable.Range(0, count).Select(i => list[i * list.Count / count])];
    }

    /// <summary>Skips the test unless it is asked for.</summary>
    public static void Only() =>
        Assert.SkipUnless(IsAskedFor, $"{TestSwitches.Tests} is not '{Full}': this test takes long, and CI runs it");
}
