using Blip.Datasets;

namespace Blip.Tests.Datasets;

public sealed class SourcePatternsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("{00..02}.tar", "00.tar 01.tar 02.tar")]
    [InlineData("{8..11}.tar", "8.tar 9.tar 10.tar 11.tar")]
    [InlineData("{08..11}.tar", "08.tar 09.tar 10.tar 11.tar")]
    [InlineData("{2..0}.tar", "2.tar 1.tar 0.tar")]
    [InlineData("{b,a}.tar", "b.tar a.tar")]
    [InlineData("{a,b}-{0..1}.tar", "a-0.tar a-1.tar b-0.tar b-1.tar")]
    [InlineData("{a,b{1..2}}.tar", "a.tar b1.tar b2.tar")]
    [InlineData("*.tar", "0.tar 1.tar a.tar b.tar")]
    [InlineData("?.tar", "0.tar 1.tar a.tar b.tar")]
    [InlineData("{a,0*}.tar", "a.tar 0.tar 00.tar")]
    [InlineData("sub/*", "sub/x.tar")]
    [InlineData("s*/x.tar", "sub/x.tar")]
    public void Ranges_choices_and_wildcards_are_expanded_in_order(string pattern, string expected)
    {
        foreach (var name in expected.Split(' '))
            folder.Write(name, "");
        folder.Write(".hidden.tar", "");

        Assert.Equal(expected.Split(' ').Select(Absolute), SourcePatterns.Expand(Absolute(pattern)));
    }

    [Fact]
    public void Two_stars_stand_for_any_number_of_folders()
    {
        string[] files = ["a.tar", "b/c.tar", "b/d/e.tar", "b/d/e.txt", ".git/f.tar"];
        foreach (var file in files)
            folder.Write(file, "");

        Assert.Equal(new[] { "a.tar", "b/c.tar", "b/d/e.tar" }.Select(Absolute), SourcePatterns.Expand(Absolute("**/*.tar")));
        Assert.Equal(new[] { "b/d/e.tar" }.Select(Absolute), SourcePatterns.Expand(Absolute("b/**/e.tar")));
    }

    [Fact]
    public void Files_are_sorted_by_the_values_of_their_characters()
    {
        foreach (var name in new[] { "b.tar", "B.tar", "a1.tar", "a10.tar", "a2.tar" })
            folder.Write(name, "");

        Assert.Equal(new[] { "B.tar", "a1.tar", "a10.tar", "a2.tar", "b.tar" }.Select(Absolute), SourcePatterns.Expand(Absolute("*.tar")));
    }

    [Fact]
    public void A_file_of_the_very_name_wins()
    {
        folder.Write("{0..1}.tar", "");
        folder.Write("0.tar", "");
        folder.Write("1.tar", "");

        Assert.Equal([Absolute("{0..1}.tar")], SourcePatterns.Expand(Absolute("{0..1}.tar")));
    }

    [Theory]
    [InlineData("*.tar")]
    [InlineData("{0..3}.tar")]
    [InlineData("none/**/x")]
    [InlineData("none.tar")]
    public void A_pattern_without_a_match_is_named(string pattern) =>
        Shards.AssertRefused(Absolute(pattern), () => SourcePatterns.Expand(Absolute(pattern)));

    [Fact]
    public void A_gap_in_a_range_is_named()
    {
        folder.Write("0.tar", "");
        folder.Write("2.tar", "");

        Shards.AssertRefused("1.tar is not there", () => SourcePatterns.Expand(Absolute("{0..2}.tar")));
    }

    [Theory]
    [InlineData("{0..99999999}")]
    [InlineData("{0..999}{0..999}{0..999}")]
    [InlineData("{0..99999999999999999999999}")]
    public void A_range_too_large_is_refused(string pattern) =>
        Shards.AssertRefused("stands for more than", () => SourcePatterns.Expand(pattern));

    [Fact]
    public void Addresses_have_ranges_and_commands_keep_their_braces()
    {
        Assert.Equal(["https://host/a0.tar?x=*", "https://host/a1.tar?x=*"], SourcePatterns.Expand("https://host/a{0..1}.tar?x=*"));
        Assert.Equal(
            ["pipe:cat ${X} a0 | awk '{print $1, $2}'", "pipe:cat ${X} a1 | awk '{print $1, $2}'"],
            SourcePatterns.Expand("pipe:cat ${X} a{0..1} | awk '{print $1, $2}'"));
    }

    private string Absolute(string name) => $"{folder.Path}/{name}";
}
