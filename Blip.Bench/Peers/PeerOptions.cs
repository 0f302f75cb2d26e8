using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>What was asked for on the command line.</summary>
internal sealed record PeerOptions
{
    /// <summary>How to call it.</summary>
    public const string Usage = """
        Usage: peers [--only WORK]... [--precision NAME]... [--rounds N] [--json FILE]
        """;

    /// <summary>The works to run; empty for all.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>Our precisions; empty for those of the work.</summary>
    public IReadOnlyList<Precision> Precisions { get; private init; } = [];

    /// <summary>Rounds that count.</summary>
    public int Rounds { get; private init; } = Reporting.Interleaver.Rounds;

    /// <summary>Where the records go; null for nowhere.</summary>
    public string? Json { get; private init; }

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
                "--json" => options with { Json = Value() },
                _ => throw new ArgumentException($"'{name}' is not an option.\n{Usage}"),
            };

            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{name} needs a value.\n{Usage}");
        }
        return options;

        string Work(string work) => works.Contains(work) ? work : throw new ArgumentException($"--only is '{work}'; there are {string.Join(", ", works)}.");
    }

    private static Precision PrecisionOf(string name) =>
        Enum.TryParse<Precision>(name, ignoreCase: true, out var precision) && Enum.IsDefined(precision)
            ? precision
            : throw new ArgumentException($"--precision is '{name}'; there are {string.Join(", ", Enum.GetNames<Precision>().Select(known => known.ToLowerInvariant()))}.");
}
