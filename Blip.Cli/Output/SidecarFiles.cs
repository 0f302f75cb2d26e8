using System.Text;
using Blip.Runtime.Files;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// A <c>.txt</c> beside each image file, as trainers read it. Without <paramref name="overwrite"/>, images that have one are skipped.
/// </summary>
internal sealed class SidecarFiles(string prefix, string suffix, bool overwrite)
{
    private readonly Dictionary<string, string> owners = new(StringComparer.Ordinal);

    /// <summary>The images to caption: those without a sidecar, or all.</summary>
    /// <exception cref="UsageException">An image is not a file, or two images share a sidecar.</exception>
    public List<ImageSource> Open(IReadOnlyList<ImageSource> sources)
    {
        var open = new List<ImageSource>(sources.Count);
        foreach (var source in sources)
        {
            if (!source.IsFile)
                throw new UsageException($"--sidecar writes beside image files, and '{source.Name}' is none; leave it out.");
            var path = PathOf(source);
            if (!owners.TryAdd(Path.GetFullPath(path), source.Name))
                throw new UsageException(
                    $"'{owners[Path.GetFullPath(path)]}' and '{source.Name}' have one sidecar, '{path}'; rename one of them, or give one.");
            if (overwrite || !File.Exists(path))
                open.Add(source);
        }
        return open;
    }

    /// <summary>Writes an image's sidecar atomically, and returns an error or null.</summary>
    public string? Save(CaptionResult result)
    {
        var text = Encoding.UTF8.GetBytes($"{prefix}{result.Caption!.Text}{suffix}\n");
        try
        {
            // A file that appeared meanwhile is the user's. Thousands of small files are not flushed to disk one by one.
            ReplacedFile.Write(PathOf(result.Source), file => file.Write(text), overwrite, toDisk: false);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{result.Source.Name}: its sidecar cannot be written: {FailureReason.Of(e)}.";
        }
    }

    private static string PathOf(ImageSource source) => Path.ChangeExtension(source.Name, ".txt");
}
