using System.Text.RegularExpressions;

namespace Blip.Tests;

/// <summary>Every decision has a title, a date, and its line in the index. <c>BLIP_APPROVE=1</c> writes the index anew.</summary>
public partial class DecisionsTests
{
    private const string Index = "docs/decisions/README.md";

    [Fact]
    public void The_index_has_a_line_for_each_decision()
    {
        var rows = Repository.Files
            .Where(file => file.StartsWith("docs/decisions/", StringComparison.Ordinal) && file != Index)
            .Order(StringComparer.Ordinal)
            .Select(Row);
        var page = Repository.Read(Index);
        var current = Rows().Replace(page, $"|---|---|---|\n{string.Join('\n', rows)}\n", 1);

        Approval.Check(Index, current, nameof(DecisionsTests));
    }

    private static string Row(string file)
    {
        var text = Repository.Read(file);
        var (title, date) = (Title().Match(text), Date().Match(text));
        Assert.True(title.Success, $"{file}: the first line is to be '# NNN: The decision, as a sentence'");
        Assert.True(date.Success, $"{file}: the decision is to begin with '**Decision** (2026-11-29).'");
        Assert.StartsWith(title.Groups[1].Value, Path.GetFileName(file), StringComparison.Ordinal);
        return $"| [{title.Groups[1].Value}]({Path.GetFileName(file)}) | {title.Groups[2].Value} | {date.Groups[1].Value} |";
    }

    [GeneratedRegex(@"\A# (\d{3}): (.+)\n")]
    private static partial Regex Title();

    [GeneratedRegex(@"^\*\*Decision\*\* \((\d{4}-\d\d-\d\d)", RegexOptions.Multiline)]
    private static partial Regex Date();

    [GeneratedRegex(@"\|---\|---\|---\|\n(?:\|.*\n)+")]
    private static partial Regex Rows();
}
