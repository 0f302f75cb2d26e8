namespace Blip.Bench.Reporting;

/// <summary>The repository that this program was built in: some benchmarks read or write there.</summary>
internal static class Checkout
{
    private const string Solution = "Blip.sln";

    /// <summary>An absolute path from one that starts at the repository's root.</summary>
    /// <param name="path">The path.</param>
    /// <param name="wanted">The reason for it, for the message.</param>
    /// <exception cref="UsageException">This is not in the repository.</exception>
    public static string Path(string path, string wanted)
    {
        foreach (var start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(System.IO.Path.Combine(folder.FullName, Solution)))
                    return System.IO.Path.Combine(folder.FullName, path);
            }
        }
        throw new UsageException($"{wanted} needs the sources, and no folder above '{Environment.CurrentDirectory}' or the program holds {Solution}: run it in a checkout.");
    }
}
