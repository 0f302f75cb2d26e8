namespace Blip.Bench.Reporting;

/// <summary>The repository of this program's build, which some benchmarks read or write.</summary>
internal static class Checkout
{
    private const string Solution = "Blip.sln";

    /// <summary>The absolute form of a path from the repository's root. <c>wanted</c> is the message's reason.</summary>
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
        throw new UsageException(
            $"{wanted} needs the sources, and no folder above '{Environment.CurrentDirectory}' or the program holds {Solution}: run it in "
                + $"a checkout.");
    }
}
