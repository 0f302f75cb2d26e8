using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>What was asked for on the command line.</summary>
internal sealed record PeerOptions
{
    /// <summary>How to call it.</summary>
    public const string Usage = """
        Usage: peers [--only WORK]... [--precision NAME]... [--rounds N] [--short] [--blip PROGRAM] [--json FILE] [--save]
        """;

    /// <summary>The works to run; empty for all.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Our precisions; empty for those of the work.</summary>
    public IReadOnlyList<Precision> Precisions { get; private init; } = [];

    /// <summary>Rounds that count.</summary>
    public int Rounds { get; private init; } = Reporting.Interleaver.Rounds;

    /// <summary>The program that starts cold.</summary>
    public string Blip { get; private init; } = BuiltProgram;

    /// <summary>Where the records go; null for nowhere.</summary>
    public string? Json { get; private init; }

    /// <summary>The folder for Markdown and JSON under the processor's name; null for none.</summary>
    public string? Save { get; private init; }

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="ArgumentException">One is unknown, or its value is not one of those that it takes.</exception>
    public static PeerOptions Parse(string[] args, IReadOnlyCollection<string> works)
    {
        var options = new PeerOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            options = name switch
            {
                "--only" => options with { Only = [.. options.Only, Work(Value())] },
                "--precision" => options with { Precisions = [.. options.Precisions, PrecisionOf(Value())] },
                "--rounds" => options with { Rounds = int.TryParse(Value(), out var rounds) && rounds is >= 1 and <= 1000 ? rounds : throw new ArgumentException($"--rounds is '{args[i]}'; give 1 to 1000.") },
                "--short" => options with { Only = [.. options.Only, .. PeerWorks.Short] },
                "--blip" => options with { Blip = Program(Value()) },
                "--save" => options with { Save = Measurements() },
                "--json" => options with { Json = Value() },
                _ => throw new ArgumentException($"'{name}' is not an option.\n{Usage}"),
            };

            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{name} needs a value.\n{Usage}");
        }
        return options;

        string Work(string work) => works.Contains(work) ? work : throw new ArgumentException($"--only is '{work}'; there are {string.Join(", ", works)}.");
    }

    // Built beside this one: Blip.Bench/Peers/bin/Release/net10.0 and Blip.Cli/bin/Release/net10.0.
    private static string BuiltProgram { get; } = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "..", "..", "..", "Blip.Cli", "bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)))!,
        Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), OperatingSystem.IsWindows() ? "blip.exe" : "blip"));

    private static string Measurements()
    {
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Blip.sln")))
                return Path.Combine(folder.FullName, "docs", "measurements");
        }
        throw new ArgumentException($"--save writes to docs/measurements, and no folder above '{Environment.CurrentDirectory}' holds Blip.sln: run it in a checkout of the sources.");
    }

    private static string Program(string path) =>
        File.Exists(path) ? Path.GetFullPath(path) : throw new ArgumentException($"--blip is '{path}', and there is no such file; give the blip program that is to start.");

    private static Precision PrecisionOf(string name) =>
        Enum.TryParse<Precision>(name, ignoreCase: true, out var precision) && Enum.IsDefined(precision)
            ? precision
            : throw new ArgumentException($"--precision is '{name}'; there are {string.Join(", ", Enum.GetNames<Precision>().Select(known => known.ToLowerInvariant()))}.");
}
