namespace Blip.Tests.Samples;

/// <summary>Samples compile beside other tests; they run alone, as they change the current folder.</summary>
public class SampleCompilationTests
{
    public static TheoryData<string> Samples => [.. SampleProgram.Files];

    [Theory, MemberData(nameof(Samples))]
    public void It_compiles_without_a_warning(string file) => Assert.NotNull(SampleProgram.Of(file).EntryPoint);
}
