using Blip.Kernels.Devices;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using ILGPU;

namespace Blip.Training.Engine;

/// <summary>A normalised batch of images on the device: <c>[images, 3, side, side]</c>.</summary>
internal sealed class ImageBatch(Device device, ImageProcessing processing) : IDisposable
{
    private readonly ImagePreprocessor preprocessor = new(device, processing);
    private readonly GrowingBuffer<float> pixels = new(device);

    /// <summary>Copies images, which must have the model's size already. The result holds until the next batch.</summary>
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
