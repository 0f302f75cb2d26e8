namespace Blip.Tests.Generated;

/// <summary>The unrolled sources in the tree equal their templates' output.</summary>
public class UnrolledSourcesTests
{
    private const int MaxColumns = 140;

    public static TheoryData<string> Files => [.. UnrolledSources.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void Generated_files_are_current(string file) =>
        Approval.Check(file, UnrolledSources.TextOf(file), nameof(UnrolledSourcesTests));

    [Fact]
    public void Every_generated_file_has_a_template() =>
        Assert.Empty(Repository.Files.Where(file => file.EndsWith(".g.cs", StringComparison.Ordinal)).Except(UnrolledSources.Files));

    [Theory]
    [MemberData(nameof(Files))]
    public void Generated_lines_fit_the_page(string file) =>
        Assert.DoesNotContain(UnrolledSources.TextOf(file).Split('\n'), line => line.Length > MaxColumns || line.EndsWith(' '));
}
