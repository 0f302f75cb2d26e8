namespace Blip.Tests;

/// <summary>A file that a person has looked at and committed. <c>BLIP_APPROVE=1</c> writes it anew.</summary>
internal static class Approval
{
    /// <summary>Whether files are written anew in place of being compared.</summary>
    public static bool IsAskedFor => TestSwitches.Read(TestSwitches.Approve) == "1";

    /// <summary>The approved text, or an empty one before the first approval.</summary>
    public static string TextOf(string file) =>
        File.Exists(Repository.Absolute(file)) ? Repository.Read(file).ReplaceLineEndings("\n") : "";

    /// <summary>
    /// Holds that a text is the approved one. Where files are written anew, a changed text is a skip: nothing was compared.
    /// </summary>
    /// <param name="file">The approved file, relative to the checkout.</param>
    /// <param name="text">The text as it is today.</param>
    /// <param name="test">The class of tests that writes the file.</param>
    public static void Check(string file, string text, string test)
    {
        var approved = TextOf(file);
        if (IsAskedFor && approved != text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Repository.Absolute(file))!);
            File.WriteAllText(Repository.Absolute(file), text);
            Assert.Skip($"{file} is written anew and not compared: look at it, and commit it");
        }
        Assert.True(
            approved == text,
            $"{Difference(approved, text)}\nIf that is what you meant: {TestSwitches.Approve}=1 dotnet test -c Release -- --filter-class "
                + $"'*{test}', and commit {file}.");
    }

    private static string Difference(string approved, string text)
    {
        var (before, after) = (approved.Split('\n'), text.Split('\n'));
        return string.Join(
            '\n', [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")]);
    }
}
