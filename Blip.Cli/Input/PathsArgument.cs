using System.CommandLine;

namespace Blip.Cli.Input;

internal static class PathsArgument
{
    private const string Images =
        "Images: files, folders (with their subfolders), patterns such as 'photos/*.jpg' or '**/*.png', or - for an image from standard "
            + "input.";

    /// <summary>Adds the argument to a command; <paramref name="more"/> extends the help.</summary>
    public static Argument<string[]> AddTo(Command command, ArgumentArity arity, string more = "")
    {
        var paths = new Argument<string[]>("path") { Description = Images + more, HelpName = "PATH", Arity = arity };
        command.Add(paths);
        return paths;
    }
}
