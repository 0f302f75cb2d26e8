namespace Blip.Cli.Help;

/// <summary>A command with examples in its help.</summary>
internal interface IHasExamples
{
    /// <summary>Command lines to copy, each with its purpose.</summary>
    IReadOnlyList<(string Meaning, string Line)> Examples { get; }
}
