namespace Blip.Cli.Output;

/// <summary>The shape of a command's records, for a run that continues an earlier one's.</summary>
/// <param name="Columns">The names of the columns.</param>
/// <param name="Keys">The fields that name the input.</param>
/// <param name="Result">The one that holds the result; of several results JSON has the plural.</param>
/// <param name="IsMany">Whether an input may have several records in JSON, too.</param>
internal sealed record RecordShape(IReadOnlyList<string> Columns, IReadOnlyList<string> Keys, string Result, bool IsMany = false)
{
    /// <summary>The column of errors.</summary>
    public const string Error = "error";

    /// <summary>An input's key.</summary>
    /// <param name="names">A value for each of <see cref="Keys"/>; an absent one is empty.</param>
    public static string Key(params IEnumerable<string?> names) => string.Join('\0', names);
}
