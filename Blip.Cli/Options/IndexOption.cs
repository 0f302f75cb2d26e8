using System.CommandLine;

namespace Blip.Cli.Options;

/// <summary>Which index.</summary>
internal static class IndexOption
{
    private const string Default = "blip.index";

    /// <summary>The option <c>--index</c>.</summary>
    public static Option<string> Create(string description) => new("--index") { Description = description, HelpName = "FILE", DefaultValueFactory = _ => Default };
}
