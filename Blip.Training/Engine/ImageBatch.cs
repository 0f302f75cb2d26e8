using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>A batch of images on the device, normalised: <c>[images, 3, side, side]</c>.</summary>
/// <param name="device">Where.</param>
/// <param name="processing">How pixels are normalised; the images have its size already.</param>
internal sealed class ImageBatch(Device device, ImageProcessing processing) : IDisposable
{
    private readonly ImagePreprocessor preprocessor = new(device, processing);
    private readonly GrowingBuffer<float> pixels = new(device);

    /// <summary>Copies images to the device.</summary>
    /// <returns>Their pixels, which hold until the next batch.</returns>
    public ArrayView<float> Load(IReadOnlyList<RgbImage> images)
    {
        var length = preprocessor.OutputLength;
        var view = pixels.View((long)images.Count * length);
        foreach (var (i, image) in images.Index())
            preprocessor.Write(image, view.SubView((long)i * length, length));
        return view;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        preprocessor.Dispose();
        pixels.Dispose();
    }
}
