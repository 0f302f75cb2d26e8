namespace Blip.Cli.Help;

/// <summary>A command that shows how it is used.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines to copy, each with its purpose.</summary>
    IReadOnlyList<(string Meaning, string Line)> Examples { get; }
}
