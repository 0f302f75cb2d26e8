using System.CommandLine;
using System.CommandLine.Parsing;

namespace Blip.Cli.Options;

/// <summary>Makes a folder in place of a file that an option reads a command-line error, for all commands.</summary>
internal static class ReadFiles
{
    // A vocabulary is also found in a folder, and a clip may be a folder of frames.
    private static readonly string[] TakeFolders = ["--vocab", "--image"];

    /// <summary>Adds the check to a command and its subcommands.</summary>
    public static void Attach(Command command)
    {
        foreach (var option in command.Options.Where(IsRead))
            option.Validators.Add(Check);
        foreach (var below in command.Subcommands)
            Attach(below);
    }

    private static bool IsRead(Option option) => option.HelpName?.Split(' ')[0] == "FILE"
        && !TakeFolders.Contains(option.Name) && !WrittenFiles.IsWritten(option);

    private static void Check(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(token => Directory.Exists(token.Value)))
            result.AddError($"{result.Option.Name} is '{token.Value}', which is a folder; give a file. {result.Option.Description}");
    }
}
