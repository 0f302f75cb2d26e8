using System.Text;
using Blip.Runtime.Files;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>
/// The page of <c>--attention-html</c>. An older one stays until the run ends; a kill leaves the finished part beside it.
/// </summary>
internal sealed class AttentionPageFile : IDisposable
{
    private const string Title = "Where the model looked";

    private readonly string path;
    private readonly ReplacedFile file;
    private readonly StreamWriter writer;
    private readonly AttentionPage page;
    private readonly bool commonScale;
    private bool any;

    private AttentionPageFile(string path, ReplacedFile file, string note, bool commonScale)
    {
        (this.path, this.file, this.commonScale) = (path, file, commonScale);
        file.Stream.SetLength(0);
        writer = new StreamWriter(file.Stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        page = new AttentionPage(writer, Title, note, leaveOpen: true);
    }

    /// <summary>
    /// Begins the page, if requested. <paramref name="note"/> explains the maps; with
    /// <paramref name="commonScale"/> all words of an image share a scale.
    /// </summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static AttentionPageFile? Open(string option, string? path, string note, bool commonScale)
    {
        if (path is null)
            return null;
        OutputFile.CheckOwn(path, option, $"<title>{Title}</title>");
        try
        {
            path = ReplacedFile.Target(path);
            return new AttentionPageFile(path, ReplacedFile.GoOn(path, path + ".partial"), note, commonScale);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} is '{path}', and that cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    /// <exception cref="ImageException">It cannot be written.</exception>
    public void Save(string name, RgbImage image, IReadOnlyList<WordLine> lines)
    {
        try
        {
            page.Add(name, image, lines, commonScale);
            any = true;
        }
        catch (IOException e)
        {
            throw new ImageException($"{path}: the page cannot be written: {FailureReason.Of(e)}.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        page.Dispose();
        writer.Flush();
        // A run that failed before its first image leaves an older page.
        if (any)
            file.Commit();
        else
            file.Discard();
    }
}
