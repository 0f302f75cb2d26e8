using System.IO.Enumeration;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Input;

/// <summary>Turns the arguments of the command line into images, in the order given.</summary>
internal static class InputExpansion
{
    /// <summary>The name of standard input on the command line and in the results.</summary>
    public const string StandardInput = "-";

    private static readonly EnumerationOptions Listing = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.Hidden | FileAttributes.System,
    };

    /// <summary>
    /// A file is itself; a folder is every image in it and in its subfolders, by path; a pattern (<c>*</c>, <c>?</c>, and <c>**</c> for
    /// any depth) is the files that match, by path; <c>-</c> is standard input. An argument that names nothing is an image that fails, so that it
    /// is reported in its place and stops nothing.
    /// </summary>
    /// <param name="arguments">The arguments of the command line.</param>
    /// <param name="openInput">Opens standard input.</param>
    /// <param name="archives">Whether a webdataset tar or a Parquet file stands for the images in it.</param>
    /// <param name="passed">Counts the files that folders leave out; null to count nothing.</param>
    /// <param name="frames">Frames of a clip (<see cref="FolderClips"/>); null where files are images.</param>
    public static List<ImageSource> Expand(
        IEnumerable<string> arguments, Func<Stream> openInput, bool archives = false, PassedOver? passed = null, int? frames = null) =>
    [
        .. arguments.SelectMany(argument => Expand(argument, openInput, passed ?? new PassedOver(), frames))
            .SelectMany(source => archives && ArchiveImages.IsArchive(source) ? ArchiveImages.List(source.Name) : [source]),
    ];

    /// <summary>True where the command line names one image, itself and not a folder or a pattern: its result needs no path.</summary>
    public static bool IsOneNamed(IReadOnlyList<string> arguments, IReadOnlyList<ImageSource> sources) =>
        arguments is [var argument] && sources is [var source] && source.Name == argument;

    /// <summary>Whether a word that names no file was meant to: by its extension, as a pattern, or as a path from the root or from here.</summary>
    public static bool LooksLikeImages(string word) => FolderImages.Extensions.Contains(Path.GetExtension(word)) || Path.IsPathRooted(word)
        || word.StartsWith('.') || word.Contains('*', StringComparison.Ordinal) || word.TrimEnd('?').Contains('?', StringComparison.Ordinal);

    private static IEnumerable<ImageSource> Expand(string argument, Func<Stream> openInput, PassedOver passed, int? frames)
    {
        if (argument == StandardInput)
            return [ImageSource.FromStream(openInput, StandardInput)];
        // A file that is there wins over the pattern that its name could be.
        if (File.Exists(argument))
            return [FolderClips.Source(argument, frames)];
        try
        {
            if (Directory.Exists(argument) && frames is { } wanted)
                return NotEmpty([.. FolderClips.List(argument, wanted, passed)], argument, "the folder holds no clips");
            if (Directory.Exists(argument))
                return NotEmpty(new FolderImages(passed).List(argument), argument, "the folder holds no images");
            if (argument.AsSpan().ContainsAny('*', '?'))
                return NotEmpty([.. Matches(argument).Order(StringComparer.Ordinal).Select(path => FolderClips.Source(path, frames))], argument, "no file matches");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [Failing(argument, e.Message)];
        }
        return [ImageSource.FromFile(argument)];
    }

    private static List<ImageSource> NotEmpty(IEnumerable<string> paths, string argument, string otherwise) =>
        NotEmpty([.. paths.Order(StringComparer.Ordinal).Select(path => ImageSource.FromFile(path))], argument, otherwise);

    private static List<ImageSource> NotEmpty(List<ImageSource> sources, string argument, string otherwise) =>
        sources.Count > 0 ? sources : [Failing(argument, otherwise)];

    // "photos/2024-*/**/*.jpg": the fixed folders first, then one step for each part of the pattern.
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
            return Files(here, part == "**" ? Listing : one).Where(path => part == "**" || Fits(part, path)).Select(path => Rooted(folder, path));
        if (part == "**")
            return Folders(here, Listing).Select(path => Rooted(folder, path)).Prepend(folder).SelectMany(path => Matches(path, rest));
        if (!part.AsSpan().ContainsAny('*', '?'))
            return Matches(Path.Join(folder, part), rest);
        return Folders(here, one).Where(path => Fits(part, path)).SelectMany(path => Matches(Rooted(folder, path), rest));
    }

    private static bool Fits(string part, string path) =>
        FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path.AsSpan()), ignoreCase: OperatingSystem.IsWindows());

    // Paths come back as they were asked for: "*.png" gives "a.png", not "./a.png".
    private static string Rooted(string folder, string path) => folder.Length == 0 ? Path.GetRelativePath(".", path) : path;

    private static FileSystemEnumerable<string> Files(string folder, EnumerationOptions options) => Entries(folder, options, directories: false);

    private static FileSystemEnumerable<string> Folders(string folder, EnumerationOptions options) => Entries(folder, options, directories: true);

    private static FileSystemEnumerable<string> Entries(string folder, EnumerationOptions options, bool directories) =>
        new(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                entry.IsDirectory == directories && !(directories && options.RecurseSubdirectories && IsLink(ref entry)),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsLink(ref entry),
        };

    // On the way down no link to a folder is followed: it may lead back up.
    private static bool IsLink(ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    /// <summary>An image that fails in its turn.</summary>
    internal static ImageSource Failing(string name, string reason) => ImageSource.FromStream(() => throw new IOException(reason), name);
}
