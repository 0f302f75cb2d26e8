namespace Blip.Tests;

/// <summary>Tests that take long and repeat on a larger scale what others show: CI runs them.</summary>
internal static class FullRun
{
    private const string Full = "full";

    /// <summary>Whether <c>BLIP_TESTS</c> asks for them.</summary>
    public static bool IsAskedFor => TestSwitches.Read(TestSwitches.Tests) == Full;

    /// <summary>Skips the test unless it is asked for.</summary>
    public static void Only() =>
        Assert.SkipUnless(IsAskedFor, $"{TestSwitches.Tests} is not '{Full}': this test takes long, and CI runs it");
}
