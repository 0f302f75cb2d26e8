using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Prepends the class embedding to an image's patch embeddings and adds the positions (Dosovitskiy et al. 2020, eq. 1).</summary>
/// <remarks>Variants: <see cref="AssembleTokensCpu"/> (CPU), a portable kernel.</remarks>
public static unsafe class AssembleTokens
{
    /// <summary>Writes each image's tokens.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="patchEmbeddings">[batch, patches, hidden].</param>
    /// <param name="classEmbedding">[hidden].</param>
    /// <param name="positions">[1 + patches, hidden].</param>
    /// <param name="y">[batch, 1 + patches, hidden]; not an input.</param>
    /// <param name="batch">Images, at least 0.</param>
    /// <param name="patches">Patches per image, at least 1.</param>
    /// <param name="hidden">Elements per token, at least 1.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> patchEmbeddings, ArrayView<float> classEmbedding, ArrayView<float> positions, ArrayView<float> y,
        int batch, int patches, int hidden)
    {
        ShapeCheck.AtLeast(batch, 0, nameof(batch));
        ShapeCheck.AtLeast(patches, 1, nameof(patches));
        ShapeCheck.AtLeast(hidden, 1, nameof(hidden));
        var tokens = patches + 1L;
        ShapeCheck.Holds(patchEmbeddings, (long)batch * patches * hidden, nameof(patchEmbeddings), "[batch, patches, hidden]");
        ShapeCheck.Holds(classEmbedding, hidden, nameof(classEmbedding), "[hidden]");
        ShapeCheck.Holds(positions, tokens * hidden, nameof(positions), "[1 + patches, hidden]");
        ShapeCheck.Holds(y, batch * tokens * hidden, nameof(y), "[batch, 1 + patches, hidden]");
        if (batch == 0)
            return;
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new AssembleTokensCpu(
                patchEmbeddings, classEmbedding, positions, y, new RowTasks(device, checked((int)(batch * tokens))), patches, hidden));
            return;
        }
        device.Launch(
            new KernelConfig(checked((int)(batch * tokens)), device.GroupSize),
            new Kernel(
                patchEmbeddings, classEmbedding, positions, y, patches, hidden));
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> patchEmbeddings, ArrayView<float> classEmbedding, ArrayView<float> positions, ArrayView<float> y,
        int patches, int hidden) : IDeviceKernel
    {
        public void Run()
        {
            var image = Grid.IdxX / (patches + 1);
            var token = Grid.IdxX % (patches + 1);
            var patch = (((long)image * patches) + token - 1) * hidden;
            var position = (long)token * hidden;
            var to = (long)Grid.IdxX * hidden;
            for (var c = Group.IdxX; c < hidden; c += Group.DimX)
            {
                var embedding = token == 0 ? classEmbedding[c] : patchEmbeddings[patch + c];
                y[to + c] = embedding + positions[position + c];
            }
        }
    }
}
