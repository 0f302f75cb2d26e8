namespace Blip.Cli.Output;

/// <summary>What the records of a command look like, for a run that goes on with those of an earlier one.</summary>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Keys">Those that name the input.</param>
/// <param name="Result">The one that holds the result; of several results JSON has the plural.</param>
/// <param name="IsMany">Whether an input may have several records in JSON, too.</param>
internal sealed record RecordShape(IReadOnlyList<string> Columns, IReadOnlyList<string> Keys, string Result, bool IsMany = false)
{
    /// <summary>The column of what went wrong.</summary>
    public const string Error = "error";

    /// <summary>What an input is known by.</summary>
    /// <param name="names">A value for each of <see cref="Keys"/>; an absent one is empty.</param>
    public static string Key(params IEnumerable<string?> names) => string.Join('\0', names);
}
