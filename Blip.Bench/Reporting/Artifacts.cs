namespace Blip.Bench.Reporting;

/// <summary>The repository's measurements: <c>docs/measurements/PROCESSOR-COMMAND.json</c> and <c>.md</c>.</summary>
internal static class Artifacts
{
    private static readonly string Folder = Path.Combine("docs", "measurements");

    /// <summary>Writes both files.</summary>
    /// <returns>Their paths, relative to the repository's root.</returns>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static IReadOnlyList<string> Save(BenchFile file, string name)
    {
        var path = Path.Combine(Folder, $"{Machine.FileName}-{name}");
        file.Write(InCheckout($"{path}.json"));
        File.WriteAllText(InCheckout($"{path}.md"), $"# {name} on {file.Processor}\n\n{RecordTable.Markdown(file)}");
        return [$"{path}.json", $"{path}.md"];
    }

    /// <summary>Rejects, before it begins, a run whose results could not be saved.</summary>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static void Check(bool save)
    {
        if (save)
            InCheckout(Folder);
    }

    private static string InCheckout(string path) => Checkout.Path(path, "--save");
}
