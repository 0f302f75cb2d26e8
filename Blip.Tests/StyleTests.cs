using System.Text.RegularExpressions;

namespace Blip.Tests;

/// <summary>The rules of style that neither the compiler nor <c>dotnet format</c> checks.</summary>
public partial class StyleTests
{
    private const int Columns = 140;

    [Fact]
    public void Lines_have_at_most_140_columns()
    {
        Assert.Empty(Repository.Sources("").Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal)).SelectMany(LongLines));
    }

    [Fact]
    public void Names_of_tests_are_words_with_underscores()
    {
        var wrong =
            from file in Repository.Sources("Blip.Tests/")
            from test in TestMethod().Matches(Repository.Read(file))
            let name = test.Groups[1].Value
            where InnerCapital().IsMatch(name) && !name.Contains('_')
            select $"{file}: {name}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Names_of_fields_have_no_prefix()
    {
        Assert.Empty(
            from file in Repository.Sources("")
            from field in PrefixedField().Matches(Repository.Read(file))
            select $"{file}: {field.Value.Trim()}");
    }

    [Fact]
    public void Each_rule_finds_its_fault()
    {
        Assert.Equal("EveryFileIsRead", TestMethod().Match("    [Fact]\n    public async Task EveryFileIsRead()").Groups[1].Value);
        Assert.Matches(InnerCapital(), "EveryFileIsRead");
        Assert.Matches(PrefixedField(), "    private readonly int _count;");
        Assert.Matches(PrefixedField(), "    private static readonly int[] s_counts = [];");
        Assert.DoesNotMatch(PrefixedField(), "    private readonly int count;");
        Assert.Equal([1, 5], LongLineNumbers([new('x', 141), "\"\"\"", new('x', 141), "\"\"\"", new('x', 141), new('x', 140)]));
    }

    private static IEnumerable<string> LongLines(string file) =>
        LongLineNumbers(Repository.Read(file).Split('\n')).Select(line => $"{file}:{line}");

    // Raw and verbatim strings cannot be divided.
    private static IEnumerable<int> LongLineNumbers(IEnumerable<string> lines)
    {
        var isRaw = false;
        foreach (var (i, line) in lines.Index())
        {
            var quotes = RawQuotes().Count(line);
            if (line.TrimEnd('\r').Length > Columns && !isRaw && quotes == 0 && !line.Contains("@\"", StringComparison.Ordinal))
                yield return i + 1;
            isRaw ^= quotes % 2 == 1;
        }
    }

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\n]*\]\s*(?:\[[^\n]*\]\s*)*public (?:async )?(?:static )?[\w<>]+ (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex("[a-z][A-Z]")]
    private static partial Regex InnerCapital();

    [GeneratedRegex(@"^\s+(?:private|internal|protected)\b[^;={(\n]*\s(?:_|[a-z]_)[a-zA-Z]\w*\s*[=;]", RegexOptions.Multiline)]
    private static partial Regex PrefixedField();

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawQuotes();
}
