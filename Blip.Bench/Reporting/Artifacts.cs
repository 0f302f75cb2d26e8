namespace Blip.Bench.Reporting;

/// <summary>The measurements that the repository keeps: <c>docs/measurements/PROCESSOR-COMMAND.json</c> and <c>.md</c>.</summary>
internal static class Artifacts
{
    private static readonly string Folder = Path.Combine("docs", "measurements");

    /// <summary>Writes both files.</summary>
    /// <returns>Their paths, from the repository's root.</returns>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static IReadOnlyList<string> Save(BenchFile file, string name)
    {
        var path = Path.Combine(Folder, $"{Machine.FileName}-{name}");
        file.Write(InCheckout($"{path}.json"));
        File.WriteAllText(InCheckout($"{path}.md"), $"# {name} on {file.Processor}\n\n{RecordTable.Markdown(file)}");
        return [$"{path}.json", $"{path}.md"];
    }

    /// <summary>Refuses a run whose results could not be saved, before it begins.</summary>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static void Check(bool save)
    {
        if (save)
            InCheckout(Folder);
    }

    private static string InCheckout(string path) => Checkout.Path(path, "--save");
}
