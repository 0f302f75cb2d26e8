namespace Blip.Cli.Output;

/// <summary>How records are written, beside their format.</summary>
/// <param name="LineEnd">The end of a line of text.</param>
/// <param name="IsScreen">Whether a terminal shows them, which would obey control characters in the names of files.</param>
/// <param name="GuardsFormulas">Whether cells that a spreadsheet would take for formulas are made text.</param>
internal sealed record RecordStyle(string LineEnd = "\n", bool IsScreen = false, bool GuardsFormulas = false);
