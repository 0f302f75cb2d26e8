using System.CommandLine;
using System.CommandLine.Parsing;

namespace Blip.Cli.Input;

/// <summary>The images of a command line.</summary>
internal static class PathsArgument
{
    private const string Images =
        "Images: files, folders (with their subfolders), patterns such as 'photos/*.jpg' or '**/*.png', or - for an image from standard input.";

    /// <summary>Adds the argument to a command.</summary>
    /// <param name="command">The command; options that it gets later are known, too.</param>
    /// <param name="arity">How many there may be.</param>
    /// <param name="more">What else may stand there, for the help.</param>
    public static Argument<string[]> AddTo(Command command, ArgumentArity arity, string more = "")
    {
        var paths = new Argument<string[]>("path") { Description = Images + more, HelpName = "PATH", Arity = arity };
        paths.Validators.Add(result => RefuseUnknownOptions(result, command));
        command.Add(paths);
        return paths;
    }

    // What looks like an option and is none would be taken for an image's name.
    private static void RefuseUnknownOptions(ArgumentResult result, Command command)
    {
        foreach (var token in result.Tokens.Select(token => token.Value).Where(token => token.Length > 1 && token[0] == '-' && !File.Exists(token)))
        {
            var meant = Spelling.Closest(token, command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)));
            result.AddError(meant is null ? $"there is no option {token}." : $"there is no option {token}; did you mean {meant}?");
        }
    }
}
