using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Turns images into the vision tower's input on the device: bytes are uploaded, resized, rescaled and normalised there. Repeated image
/// shapes allocate nothing. One thread at a time, like its device.
/// </summary>
internal sealed class ImagePreprocessor : IDisposable
{
    private readonly Device device;
    private readonly ImageProcessing processing;
    private readonly Resampler resampler;
    private readonly DeviceBuffer<float> table;

    /// <summary>Prepares the device tables.</summary>
    /// <exception cref="ArgumentException">A setting is invalid; the message names the field.</exception>
    public ImagePreprocessor(Device device, ImageProcessing processing)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(processing);
        processing.Validate();
        (this.device, this.processing) = (device, processing);
        resampler = new Resampler(device);
        table = device.Upload<float>(PixelNormalization.Table(
            processing.Rescale
                ? processing.RescaleFactor
                    : null, processing.Normalize ? Floats(processing.Mean)
                    : [], processing.Normalize ? Floats(processing.Std)
                : []));
    }

    public ImageProcessing Processing => processing;

    /// <summary>Elements of one image: 3·height·width.</summary>
    public int OutputLength => 3 * processing.Height * processing.Width;

    /// <summary>
    /// Writes one image's input <c>[3, height, width]</c> to the device. <paramref name="staged"/> holds the image's pixels if their
    /// upload has already begun; null uploads them now.
    /// </summary>
    /// <exception cref="ImageException">The image has the wrong size and the settings do not resize.</exception>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public void Write(RgbImage image, ArrayView<float> output, string name = "image", StagedBytes? staged = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (width, height) = (processing.Width, processing.Height);
        if (!processing.Resize && (image.Width, image.Height) != (width, height))
            throw new ImageException(
                $"{name}: {image.Width}×{image.Height} pixels, where the model wants {width}×{height} and its preprocessor_config.json "
                    + $"says do_resize false. Resize the image, or set do_resize.");
        ArrayView<byte> resized;
        using (device.Measure("image", "resize"))
        {
            resized = staged is null
                ? resampler.Resize(image.Pixels, image.Width, image.Height, width, height, processing.Filter)
                : resampler.Resize(staged.OnDevice(), image.Width, image.Height, width, height, processing.Filter);
        }
        using (device.Measure("image", "normalize"))
            PixelNormalization.Run(device, resized, table.View, output, width, height);
    }

    private static float[] Floats(IReadOnlyList<double> values) => [.. values.Select(value => (float)value)];

    /// <inheritdoc/>
    public void Dispose()
    {
        resampler.Dispose();
        table.Dispose();
    }
}
