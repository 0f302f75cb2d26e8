namespace Blip.Cli.Output;

/// <summary>
/// How records are written. On a screen (<paramref name="IsScreen"/>) control characters in file names are
/// escaped; <paramref name="GuardsFormulas"/> makes formulas text.
/// </summary>
internal sealed record RecordStyle(string LineEnd = "\n", bool IsScreen = false, bool GuardsFormulas = false);
