using System.Text.RegularExpressions;
using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Tests;

/// <summary>The table of switches (docs/switches.md) is the code's own.</summary>
public partial class SwitchesTests
{
    private const string Page = "docs/switches.md";

    // The page's rows, and those files of code and scripts that name a switch; none of them need be a sentence about it.
    private static readonly Dictionary<string, string> Rows =
        Row().Matches(Repository.Read(Page)).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);

    // Classes of the first release.
    private static readonly string[] Classes = ["BLIP_NLVR"];

    [Fact]
    public void Every_switch_is_read_in_the_file_that_the_page_names()
    {
        Assert.True(Rows.Count > 15, $"{Page} lists {Rows.Count} switches");
        Assert.All(Rows, row => Assert.Matches($@"(""|\$\{{){row.Key}\b", Repository.Read(row.Value)));
    }

    [Fact]
    public void The_page_has_every_value_that_the_code_takes()
    {
        var rows = Repository.Read(Page).Split('\n');

        Assert.All(Enum.GetNames<CpuVectors>(),
            name => Assert.Contains($"`{name.ToLowerInvariant()}`", RowOf(Switches.Vectors), StringComparison.Ordinal));
        Assert.All(TileChoice.Words, word => Assert.Contains($"`{word}`", RowOf(Switches.Tile), StringComparison.Ordinal));

        string RowOf(string name) => rows.Single(row => row.StartsWith($"| `{name}` |", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_switch_that_a_file_names_is_on_the_page()
    {
        var named =
            from file in Repository.Files
            where !file.StartsWith("Blip.Tests/Goldens/", StringComparison.Ordinal) && file != "Blip.Tests/SwitchesTests.cs"
            where Path.GetExtension(file) is ".cs" or ".sh" or ".py" or ".md" || file is ".ci/run" or "eng/fuzz/run"
            from Match name in Name().Matches(Repository.Read(file))
            where !Rows.ContainsKey(name.Value) && !Classes.Contains(name.Value)
            select $"{file}: {name.Value}";

        // A test asks for one that is never set; the authors call a model so.
        Assert.Equal(["Blip.Tests/Kernels/TileTuningTests.cs: BLIP_NOBODY_SET_THIS"],
            named.Distinct().Where(name => !name.EndsWith(": BLIP_NLVR", StringComparison.Ordinal)));
    }

    [Fact]
    public void No_other_code_reads_one()
    {
        var elsewhere =
            from file in Repository.Files
            where file.EndsWith(".cs", StringComparison.Ordinal) && !Rows.ContainsValue(file) && file != "Blip.Tests/SwitchesTests.cs"
            from Match name in Read().Matches(Repository.Read(file))
            select $"{file}: {name.Value}";

        Assert.Empty(elsewhere);
    }

    [Fact]
    public void Variables_of_other_programs_are_named_by_code()
    {
        var others = Repository.Read(Page).Split("## Variables of other programs")[1];
        var code = string.Concat(
            Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)
            && !file.StartsWith("Blip.Tests/", StringComparison.Ordinal)).Select(Repository.Read));

        Assert.All(Other().Matches(others), name => Assert.Contains($"\"{name.Groups[1].Value}", code, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^\| `(BLIP_[A-Z0-9_]+)` \|.*\| `([^`]+)` \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bBLIP_[A-Z][A-Z0-9_]*[A-Z0-9]\b")]
    private static partial Regex Name();

    // The name as a separate text, or a read of the environment by a constant of the project.
    [GeneratedRegex(@"GetEnvironmentVariable\((?:""BLIP_\w+""|\w+\.Variable)\)|(?:const string \w+ = )""BLIP_\w+""")]
    private static partial Regex Read();

    [GeneratedRegex(@"`([A-Z]+_[A-Z_]+|TERM)`")]
    private static partial Regex Other();
}
