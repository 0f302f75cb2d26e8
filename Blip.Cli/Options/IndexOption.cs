using System.CommandLine;

namespace Blip.Cli.Options;

internal static class IndexOption
{
    private const string Default = "blip.index";

    public static Option<string> Create(string description) => new("--index")
    {
        Description = description,
        HelpName = "FILE",
        DefaultValueFactory = _ => Default,
    };
}
