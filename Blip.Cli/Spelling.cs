using System.CommandLine;

namespace Blip.Cli;

internal static class Spelling
{
    public static string UnknownCommand(string word, Command parent)
    {
        var names = parent.Subcommands.Where(command => !command.Hidden).Select(command => command.Name).ToList();
        return names.Count == 0 ? $"'{word}' is one word too many."
            : Closest(word, names) is { } meant ? $"unknown command '{word}', did you mean {meant}?"
            : $"unknown command '{word}'; give one of {string.Join(", ", names)}.";
    }

    public static string UnknownOption(string word, Command command)
    {
        var meant = Closest(word, command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)).Where(name => name.Length > 2));
        return meant is null ? $"unknown option {word}." : $"unknown option {word}, did you mean {meant}?";
    }

    /// <summary>The candidate with the fewest edits (insertions, deletions, substitutions), or null if none is close.</summary>
    public static string? Closest(string word, IEnumerable<string> candidates)
    {
        var best = candidates.MinBy(candidate => Distance(word, candidate));
        return best is not null && Distance(word, best) <= Math.Max(2, word.Length / 4) ? best : null;
    }

    // Levenshtein distance, one row of the table at a time.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
