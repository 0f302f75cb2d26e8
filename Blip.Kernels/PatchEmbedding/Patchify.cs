using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Cuts images into patches, one row each, in the order of a convolution's weight (channel, row, column). A vision transformer's patch
/// convolution (Dosovitskiy et al. 2020, eq. 1) then is one GEMM, since its stride equals its kernel size.
/// </summary>
/// <remarks>
/// Variants: <see cref="PatchifyCpu"/> (CPU), a portable kernel, and one for CUDA that rounds to the next product's input format.
/// </remarks>
public static unsafe class Patchify
{
    /// <summary>Whether patches may be stored in 16 bits, two to each float.</summary>
    /// <param name="target">The kernels' target.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="patch">Rows and columns of a patch.</param>
    /// <param name="format">The requested format.</param>
    public static bool CanStore(KernelTarget target, int channels, int patch, DType format) =>
        format.Is16Bits() && patch % 2 == 0 && (long)channels * patch * patch % ValueFormats.Unit == 0
            && CudaFormats.Rounded(target.Architecture, format) == format;

    /// <summary>Writes the patches. Like the convolution, it drops pixels after the last whole patch.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="pixels">[batch, channels, height, width].</param>
    /// <param name="patches">[batch · (height / patch) · (width / patch), channels · patch · patch].</param>
    /// <param name="batch">Images, at least 0.</param>
    /// <param name="channels">Channels, at least 1.</param>
    /// <param name="height">Rows of an image, at least one patch.</param>
    /// <param name="width">Columns of an image, at least one patch.</param>
    /// <param name="patch">Rows and columns of a patch.</param>
    /// <param name="format">The patches' format: single precision, or 16 bits if <see cref="CanStore"/>.</param>
    /// <exception cref="ArgumentException">A view or size is invalid, or no kernel stores the format.</exception>
    public static void Run(
        Device device, ArrayView<float> pixels, ArrayView<float> patches, int batch, int channels, int height, int width, int patch,
        DType format = DType.Float32)
    {
        ShapeCheck.AtLeast(batch, 0, nameof(batch));
        ShapeCheck.AtLeast(channels, 1, nameof(channels));
        ShapeCheck.AtLeast(patch, 1, nameof(patch));
        ShapeCheck.AtLeast(height, patch, nameof(height));
        ShapeCheck.AtLeast(width, patch, nameof(width));
        var count = (long)batch * (height / patch) * (width / patch);
        var length = (long)channels * patch * patch;
        ShapeCheck.Holds(pixels, (long)batch * channels * height * width, nameof(pixels), "[batch, channels, height, width]");
        if (format != DType.Float32 && !CanStore(KernelTarget.Of(device), channels, patch, format))
            throw new ArgumentException(
                $"The patches are to be {format}; no kernel here stores {channels} channels of {patch}² so.", nameof(format));
        ShapeCheck.Holds(patches, format.Floats(count * length), nameof(patches), "[patches, channels · patch · patch]");
        if (batch == 0)
            return;
        if (!device.RunsPortable)
        {
            device.Launch(new PatchifyCpu
            {
                Pixels = Cpu.Pointer(pixels),
                Patches = Cpu.Pointer(patches),
                Rows = new RowTasks(device, checked((int)count)),
                Channels = channels,
                Height = height,
                Width = width,
                Patch = patch,
            });
            return;
        }
        var config = new KernelConfig(checked((int)count), device.GroupSize);
        if (format == DType.Float32)
            device.Launch(config, new Kernel(pixels, patches, channels, height, width, patch));
        else
            MatrixTypes.Use16Bits(format, new Launch(device, config, pixels, patches, channels, height, width, patch));
    }

    private readonly struct Launch(
        Device device, KernelConfig config, ArrayView<float> pixels, ArrayView<float> patches,
        int channels, int height, int width, int patch) : IMatrixUse
    {
        void IMatrixUse.With<TPrecision>() =>
            device.Launch(config, new RoundedKernel<TPrecision>(pixels, patches, channels, height, width, patch));
    }

    [Kernel]
    internal readonly struct Kernel(ArrayView<float> pixels, ArrayView<float> patches, int channels, int height, int width, int patch)
        : IDeviceKernel
    {
        public void Run()
        {
            var columns = width / patch;
            var perImage = columns * (height / patch);
            var image = Grid.IdxX / perImage;
            var gridRow = Grid.IdxX % perImage / columns;
            var gridColumn = Grid.IdxX % columns;
            var length = channels * patch * patch;
            var to = (long)Grid.IdxX * length;
            for (var line = Group.IdxX; line < channels * patch; line += Group.DimX)
            {
                var channel = line / patch;
                var y = (gridRow * patch) + (line % patch);
                var from = (((((long)image * channels) + channel) * height) + y) * width + ((long)gridColumn * patch);
                for (var c = 0; c < patch; c++)
                    patches[to + ((long)line * patch) + c] = pixels[from + c];
            }
        }
    }

    // Two neighbours of a line at a time, so that access is coalesced.
    [Kernel(typeof(Matrix16<Float16Format>)), Kernel(typeof(Matrix16<BFloat16Format>), Architecture = 80)]
    internal readonly struct RoundedKernel<TPrecision>(
        ArrayView<float> pixels, ArrayView<float> patches, int channels, int height, int width, int patch) : IDeviceKernel
        where TPrecision : struct, IMatrixPrecision
    {
        public void Run()
        {
            var columns = width / patch;
            var perImage = columns * (height / patch);
            var image = Grid.IdxX / perImage;
            var gridRow = Grid.IdxX % perImage / columns;
            var gridColumn = Grid.IdxX % columns;
            var pairs = channels * patch * patch / 2;
            for (var pair = Group.IdxX; pair < pairs; pair += Group.DimX)
            {
                var (line, column) = (pair * 2 / patch, pair * 2 % patch);
                var (channel, y) = (line / patch, (gridRow * patch) + (line % patch));
                var from = (((((long)image * channels) + channel) * height) + y) * width + ((long)gridColumn * patch) + column;
                patches.Cast<uint>()[((long)Grid.IdxX * pairs) + pair] = TPrecision.Pack(pixels[from], pixels[from + 1]);
            }
        }
    }
}
