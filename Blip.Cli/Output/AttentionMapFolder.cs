using System.Text;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>A folder per image: for each word the image under a heat map, and contact sheets of all words.</summary>
internal sealed class AttentionMapFolder
{
    // Lists the files that a run wrote into a folder.
    private const string ListName = ".blip-attention";

    private readonly string root;
    private readonly HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);

    private readonly bool commonScale;

    private AttentionMapFolder(string root, bool commonScale) => (this.root, this.commonScale) = (root, commonScale);

    /// <summary>Creates the folder, if requested. With <paramref name="commonScale"/> all words of an image share a scale.</summary>
    /// <exception cref="UsageException">It cannot be created.</exception>
    public static AttentionMapFolder? Open(string? path, bool commonScale = false)
    {
        try
        {
            return path is null ? null : new AttentionMapFolder(Directory.CreateDirectory(path).FullName, commonScale);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--attention-map is '{path}', and that folder cannot be made: {FailureReason.Of(e)}.", e);
        }
    }

    /// <summary>
    /// Writes <c>NAME/01-word.png</c>, … (with several texts <c>NAME/1-01-word.png</c>) and <c>NAME/contact-sheet.png</c>.
    /// </summary>
    /// <exception cref="ImageException">A file cannot be written.</exception>
    public void Save(string name, RgbImage image, IReadOnlyList<WordLine> lines)
    {
        var folder = Unique(Path.GetFileNameWithoutExtension(name));
        var words = lines.Index().SelectMany(line => line.Item.Words.Index().Select(word => (
            Name: $"{(lines.Count > 1 ? $"{line.Index + 1}-" : "")}{word.Index + 1:00}-{FileName(word.Item.Word)}.png", word.Item)))
                .ToList();
        var sheets = AttentionSheet.Of(image, lines, commonScale).Index().Select(sheet => (
            Name: sheet.Index == 0 ? "contact-sheet.png" : $"contact-sheet-{sheet.Index + 1}.png", sheet.Item)).ToList();
        try
        {
            Directory.CreateDirectory(folder);
            RemoveOlder(folder);
            // Written first, so that the next run recognises the files even after a kill.
            var names = words.Select(word => word.Name).Concat(sheets.Select(sheet => sheet.Name));
            var list = Encoding.UTF8.GetBytes(string.Concat(names.Select(file => $"{file}\n")));
            ReplacedFile.Write(Path.Combine(folder, ListName), file => file.Write(list));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{folder}: the folder cannot be written: {FailureReason.Of(e)}.", e);
        }
        HeatRange? range = commonScale ? AttentionFigure.CommonRange(lines) : null;
        foreach (var (file, word) in words)
            ImageWriter.SavePng(Path.Combine(folder, file), AttentionFigure.Draw(image, word, range));
        foreach (var (file, sheet) in sheets)
            ImageWriter.SavePng(Path.Combine(folder, file), sheet.Draw());
    }

    private static void RemoveOlder(string folder)
    {
        var list = Path.Combine(folder, ListName);
        if (!File.Exists(list))
            return;
        // A name with a folder was not written here.
        foreach (var name in File.ReadLines(list).Where(name => name.Length > 0 && Path.GetFileName(name) == name))
            File.Delete(Path.Combine(folder, name));
        ReplacedFile.RemoveUnfinished(folder);
    }

    // Images of the same name must not overwrite each other's maps, and maps must not go among the user's files.
    private string Unique(string name)
    {
        var plain = name is "-" or "" ? "stdin" : name;
        // "..", and on Windows a name that ends in a dot, are other folders.
        if (plain[^1] is '.' or ' ')
            plain = plain.Replace('.', '_').TrimEnd(' ') + "_";
        for (var number = 1; ; number++)
        {
            var folder = Path.Combine(root, number == 1 ? plain : $"{plain}-{number}");
            if (!taken.Contains(folder) && IsFree(folder) && taken.Add(folder))
                return folder;
        }
    }

    private static bool IsFree(string folder) =>
        !File.Exists(folder)
        && (!Directory.Exists(folder) || File.Exists(Path.Combine(folder, ListName))
            || !Directory.EnumerateFileSystemEntries(folder).Any());

    private static string FileName(string word) => string.Concat(word.Select(letter => char.IsLetterOrDigit(letter) ? letter : '_'));
}
