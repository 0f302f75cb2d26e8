using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>A folder of images: in a folder for each image, the image for each word with the places that the model looked at lit up.</summary>
internal sealed class AttentionMapFolder
{
    private readonly string root;
    private readonly Dictionary<string, int> taken = new(StringComparer.OrdinalIgnoreCase);

    private AttentionMapFolder(string root) => this.root = root;

    /// <summary>Makes the folder; null where none is wanted.</summary>
    /// <exception cref="UsageException">It cannot be made.</exception>
    public static AttentionMapFolder? Open(string? path)
    {
        try
        {
            return path is null ? null : new AttentionMapFolder(Directory.CreateDirectory(path).FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--attention-map is '{path}', and that folder cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Writes <c>NAME/01-word.png</c> and so on; of several texts <c>NAME/1-01-word.png</c>, with the text's number.</summary>
    /// <exception cref="ImageException">A file cannot be written.</exception>
    public void Save(string name, RgbImage image, IReadOnlyList<WordLine> lines)
    {
        var folder = Path.Combine(root, Unique(Path.GetFileNameWithoutExtension(name)));
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{folder}: the folder cannot be made: {e.Message}", e);
        }
        foreach (var (text, line) in lines.Index())
        {
            foreach (var (number, word) in line.Words.Index())
                ImageWriter.SavePng(Path.Combine(folder, $"{(lines.Count > 1 ? $"{text + 1}-" : "")}{number + 1:00}-{FileName(word.Word)}.png"), word.Over(image));
        }
    }

    // Images of one name in different folders must not overwrite each other's maps.
    private string Unique(string name)
    {
        var plain = name is "-" or "" ? "stdin" : name;
        taken[plain] = taken.GetValueOrDefault(plain) + 1;
        return taken[plain] == 1 ? plain : $"{plain}-{taken[plain]}";
    }

    private static string FileName(string word) => string.Concat(word.Select(letter => char.IsLetterOrDigit(letter) ? letter : '_'));
}
