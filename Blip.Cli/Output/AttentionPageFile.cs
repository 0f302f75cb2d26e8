using System.Text;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>The page of <c>--attention-html</c>.</summary>
internal sealed class AttentionPageFile : IDisposable
{
    private readonly string path;
    private readonly AttentionPage page;

    private AttentionPageFile(string path, AttentionPage page) => (this.path, this.page) = (path, page);

    /// <summary>Begins the page; null where none is wanted.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    /// <param name="note">How the maps are made.</param>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static AttentionPageFile? Open(string option, string? path, string note)
    {
        if (path is null)
            return null;
        OutputFile.Check(path, option);
        try
        {
            var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
            return new AttentionPageFile(path, new AttentionPage(file, "Where the model looked", note));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} is '{path}', and that cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Adds an image.</summary>
    /// <exception cref="ImageException">It cannot be written.</exception>
    public void Save(string name, RgbImage image, IReadOnlyList<WordLine> lines)
    {
        try
        {
            page.Add(name, image, lines);
        }
        catch (IOException e)
        {
            throw new ImageException($"{path}: the page cannot be written: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => page.Dispose();
}
