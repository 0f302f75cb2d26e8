using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;

namespace Blip.Cli.Output;

/// <summary>The outputs of attention: a folder of images, a page, or both.</summary>
internal sealed class AttentionOutputs(AttentionMapFolder? folder, AttentionPageFile? page) : IDisposable
{
    /// <summary>Writes one image's part, and returns an error or null.</summary>
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
