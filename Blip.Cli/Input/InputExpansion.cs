using System.IO.Enumeration;
using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>Expands command-line arguments to images, in order.</summary>
internal static class InputExpansion
{
    /// <summary>Standard input, on the command line and in results.</summary>
    public const string StandardInput = "-";

    private static readonly EnumerationOptions Listing = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary>
    /// Files stand for themselves, folders for all images below, patterns (<c>*</c>, <c>?</c>, <c>**</c> for
    /// any depth) for matching files, both by path; <c>-</c> is standard input. An argument without a match
    /// becomes an image that fails in its place. With <paramref name="archives"/>, tars and Parquet files stand
    /// for their images. Null <paramref name="frames"/> mean images, others clips (<see cref="FolderClips"/>).
    /// </summary>
    /// <exception cref="UsageException">Standard input is named twice.</exception>
    public static List<ImageSource> Expand(
        IReadOnlyList<string> arguments, Func<Stream> openInput, bool archives = false, PassedOver? passed = null, int? frames = null)
    {
        if (arguments.Count(argument => argument == StandardInput) > 1)
            throw new UsageException("standard input is one image, and - is given more than once; put the others in files.");
        return
        [
            .. arguments.SelectMany(argument => Expand(argument, openInput, passed ?? new PassedOver(), frames))
                .SelectMany(source => archives && ArchiveImages.IsArchive(source) ? ArchiveImages.List(source.Name) : [source]),
        ];
    }

    /// <summary>Whether the command line names one image, not a folder or pattern: then results need no path.</summary>
    public static bool IsOneNamed(IReadOnlyList<string> arguments, IReadOnlyList<ImageSource> sources) =>
        arguments is [var argument] && sources is [var source] && source.Name == argument;

    /// <summary>
    /// Whether a word that names no file looks like one: by its extension, as a pattern, or as an absolute or relative path.
    /// </summary>
    public static bool LooksLikeImages(string word) => FolderImages.Extensions.Contains(Path.GetExtension(word)) || Path.IsPathRooted(word)
        || word.StartsWith('.') || word.Contains('*', StringComparison.Ordinal)
            || word.TrimEnd('?').Contains('?', StringComparison.Ordinal);

    private static IEnumerable<ImageSource> Expand(string argument, Func<Stream> openInput, PassedOver passed, int? frames)
    {
        if (argument == StandardInput)
            return [ImageSource.FromStream(openInput, StandardInput)];
        // An existing file takes precedence over a pattern.
        if (File.Exists(argument))
            return [FolderClips.Source(argument, frames)];
        try
        {
            if (Directory.Exists(argument) && frames is { } wanted)
                return NotEmpty([.. FolderClips.List(argument, wanted, passed)], argument, "the folder holds no clips");
            if (Directory.Exists(argument))
                return NotEmpty(new FolderImages(passed).List(argument), argument, "the folder holds no images");
            if (argument.AsSpan().ContainsAny('*', '?'))
                return NotEmpty([.. Matches(argument).Order(StringComparer.Ordinal).Select(path => FolderClips.Source(path, frames))],
                    argument, "no file matches");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Failing(argument, FailureReason.Of(e))];
        }
        return [ImageSource.FromFile(argument)];
    }

    private static List<ImageSource> NotEmpty(IEnumerable<string> paths, string argument, string otherwise) =>
        NotEmpty([.. paths.Order(StringComparer.Ordinal).Select(path => ImageSource.FromFile(path))], argument, otherwise);

    private static List<ImageSource> NotEmpty(List<ImageSource> sources, string argument, string otherwise) =>
        sources.Count > 0 ? sources : [Failing(argument, otherwise)];

    // "photos/2024-*/**/*.jpg": first the fixed folders, then one step per part of the pattern.
    private static IEnumerable<string> Matches(string pattern)
    {
        var separators = OperatingSystem.IsWindows() ? new[] { '/', '\\' } : ['/'];
        var parts = pattern.Split(separators);
        var wild = Array.FindIndex(parts, part => part.AsSpan().ContainsAny('*', '?'));
        var start = string.Join('/', parts[..wild]);
        if (wild > 0 && start.Length == 0)
            start = "/";
        return Matches(start, parts.AsMemory(wild)).Distinct();
    }

    private static IEnumerable<string> Matches(string folder, ReadOnlyMemory<string> parts)
    {
        var (part, rest) = (parts.Span[0], parts[1..]);
        var here = folder.Length == 0 ? "." : folder;
        if (!Directory.Exists(here))
            return [];
        var one = new EnumerationOptions { AttributesToSkip = part.StartsWith('.') ? 0 : Listing.AttributesToSkip };
        if (rest.IsEmpty)
            return Files(here, part == "**" ? Listing : one).Where(path => part == "**" || Fits(part, path))
                .Select(path => Rooted(folder, path));
        if (part == "**")
            return Folders(here, Listing).Select(path => Rooted(folder, path)).Prepend(folder).SelectMany(path => Matches(path, rest));
        if (!part.AsSpan().ContainsAny('*', '?'))
            return Matches(Path.Join(folder, part), rest);
        return Folders(here, one).Where(path => Fits(part, path)).SelectMany(path => Matches(Rooted(folder, path), rest));
    }

    private static bool Fits(string part, string path) =>
        FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path.AsSpan()), ignoreCase: OperatingSystem.IsWindows());

    // Paths keep the argument's form: "*.png" gives "a.png", not "./a.png".
    private static string Rooted(string folder, string path) => folder.Length == 0 ? Path.GetRelativePath(".", path) : path;

    private static FileSystemEnumerable<string> Files(string folder, EnumerationOptions options) =>
        Entries(folder, options, directories: false);

    private static FileSystemEnumerable<string> Folders(string folder, EnumerationOptions options) =>
        Entries(folder, options, directories: true);

    private static FileSystemEnumerable<string> Entries(string folder, EnumerationOptions options, bool directories) =>
        new(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                entry.IsDirectory == directories && !(directories && options.RecurseSubdirectories && IsLink(ref entry)),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsLink(ref entry),
        };

    // Links to folders are not followed: they may lead back up.
    private static bool IsLink(ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    /// <summary>An image whose reading fails.</summary>
    internal static ImageSource Failing(string name, string reason) => ImageSource.FromStream(() => throw new IOException(reason), name);
}
