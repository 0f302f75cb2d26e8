using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>What shows where words looked: a folder of images, a page, or both.</summary>
/// <param name="folder">The folder; null for none.</param>
/// <param name="page">The page; null for none.</param>
internal sealed class AttentionOutputs(AttentionMapFolder? folder, AttentionPageFile? page) : IDisposable
{
    /// <summary>Writes what belongs to one image.</summary>
    /// <returns>What went wrong; null where nothing did.</returns>
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
