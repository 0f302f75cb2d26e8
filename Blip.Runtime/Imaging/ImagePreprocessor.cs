using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Imaging;

/// <summary>
/// Images to the vision tower's input, on the device: bytes go up once, then they are resized, rescaled and normalised there.
/// Allocates nothing for an image of a shape that it has seen. Belongs to one thread at a time, as its device does.
/// </summary>
internal sealed class ImagePreprocessor : IDisposable
{
    private readonly Device device;
    private readonly ImageProcessing processing;
    private readonly Resampler resampler;
    private readonly DeviceBuffer<float> table;

    /// <summary>Prepares the tables on the device.</summary>
    /// <exception cref="ArgumentException">The settings cannot be meant; the message names the field.</exception>
    public ImagePreprocessor(Device device, ImageProcessing processing)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(processing);
        processing.Validate();
        (this.device, this.processing) = (device, processing);
        resampler = new Resampler(device);
        table = device.Upload<float>(PixelNormalization.Table(
            processing.Rescale ? processing.RescaleFactor : null, processing.Normalize ? Floats(processing.Mean) : [], processing.Normalize ? Floats(processing.Std) : []));
    }

    /// <summary>The steps for an image.</summary>
    public ImageProcessing Processing => processing;

    /// <summary>Floats of one image: 3·height·width.</summary>
    public int OutputLength => 3 * processing.Height * processing.Width;

    /// <summary>Writes one image's input.</summary>
    /// <param name="image">The image, of any size where the settings resize.</param>
    /// <param name="output">Where to, <c>[3, height, width]</c> on the device: a slice of a batch.</param>
    /// <param name="name">The image's name in error messages.</param>
    /// <param name="staged">The image's pixels on their way to the device already; null sends them now.</param>
    /// <exception cref="ImageException">The image has the wrong size and is not to be resized.</exception>
    /// <exception cref="ArgumentException">The output is too short.</exception>
    public void Write(RgbImage image, ArrayView<float> output, string name = "image", StagedBytes? staged = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (width, height) = (processing.Width, processing.Height);
        if (!processing.Resize && (image.Width, image.Height) != (width, height))
            throw new ImageException($"{name}: {image.Width}×{image.Height} pixels, where the model wants {width}×{height} and its preprocessor_config.json says do_resize false. Resize the image, or set do_resize.");
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
