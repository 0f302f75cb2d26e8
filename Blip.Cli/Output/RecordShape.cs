namespace Blip.Cli.Output;

/// <summary>
/// A command's records, for a run that resumes an earlier one. <paramref name="Keys"/> are the columns that
/// name the input. <paramref name="Result"/> is the column of the result; in JSON, several results are under
/// its plural. <paramref name="IsMany"/>: an input may have several records in JSON, too.
/// </summary>
internal sealed record RecordShape(IReadOnlyList<string> Columns, IReadOnlyList<string> Keys, string Result, bool IsMany = false)
{
    public const string Error = "error";

    /// <summary>An input's key: a value for each of <see cref="Keys"/>, empty if absent.</summary>
    public static string Key(params IEnumerable<string?> names) => string.Join('\0', names);
}
