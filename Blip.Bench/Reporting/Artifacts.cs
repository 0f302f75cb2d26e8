namespace Blip.Bench.Reporting;

/// <summary>The measurements that the repository keeps: <c>docs/measurements/PROCESSOR-COMMAND.json</c> and <c>.md</c>.</summary>
internal static class Artifacts
{
    private const string Solution = "Blip.sln";

    /// <summary>Writes both files.</summary>
    /// <returns>Their paths, from the repository's root.</returns>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static IReadOnlyList<string> Save(BenchFile file, string name)
    {
        var root = Root();
        var path = Path.Combine("docs", "measurements", $"{Machine.FileName}-{name}");
        file.Write(Path.Combine(root, $"{path}.json"));
        File.WriteAllText(Path.Combine(root, $"{path}.md"), $"# {name} on {file.Processor}\n\n{RecordTable.Markdown(file)}");
        return [$"{path}.json", $"{path}.md"];
    }

    /// <summary>Refuses a run whose results could not be saved, before it begins.</summary>
    public static void Check(bool save)
    {
        if (save)
            Root();
    }

    private static string Root()
    {
        for (var folder = Environment.CurrentDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, Solution)))
                return folder;
        }
        throw new UsageException($"--save writes to the repository's docs, and no folder above '{Environment.CurrentDirectory}' holds {Solution}: run it there.");
    }
}
