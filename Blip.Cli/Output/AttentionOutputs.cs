using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>The output of attention: a folder of images, a page, or both.</summary>
/// <param name="folder">The folder; null for none.</param>
/// <param name="page">The page; null for none.</param>
internal sealed class AttentionOutputs(AttentionMapFolder? folder, AttentionPageFile? page) : IDisposable
{
    /// <summary>Writes one image's part.</summary>
    /// <returns>The error; null for none.</returns>
    public string? Save(ImageSource source, RgbImage image, IReadOnlyList<WordLine> lines)
    {
        try
        {
            folder?.Save(source.Name, image, lines);
            page?.Save(source.Name, image, lines);
            return null;
        }
        catch (ImageException e)
        {
            return e.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => page?.Dispose();
}
