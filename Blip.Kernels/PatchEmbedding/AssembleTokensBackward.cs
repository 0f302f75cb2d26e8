using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The gradient of <see cref="AssembleTokens"/>: each patch gets its token's. Class embedding and positions add the images', in order.
/// </summary>
/// <remarks>Variants: <see cref="AssembleTokensBackwardCpu"/> (CPU), a portable kernel.</remarks>
public static class AssembleTokensBackward
{
    /// <summary>Writes the patches' gradient and adds to the others.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="dy">The tokens' gradient [batch, 1 + patches, hidden].</param>
    /// <param name="patchGradient">Receives [batch, patches, hidden]; empty: not wanted.</param>
    /// <param name="classGradient">[hidden], added to; empty: not wanted.</param>
    /// <param name="positionGradient">[1 + patches, hidden], added to; empty: not wanted.</param>
    /// <param name="batch">Images, at least 0.</param>
    /// <param name="patches">Patches per image, at least 1.</param>
    /// <param name="hidden">Elements per token, at least 1.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(
        Device device, ArrayView<float> dy, ArrayView<float> patchGradient, ArrayView<float> classGradient,
        ArrayView<float> positionGradient, int batch, int patches, int hidden)
    {
        ShapeCheck.AtLeast(batch, 0, nameof(batch));
        ShapeCheck.AtLeast(patches, 1, nameof(patches));
        ShapeCheck.AtLeast(hidden, 1, nameof(hidden));
        var tokens = patches + 1L;
        ShapeCheck.Holds(dy, batch * tokens * hidden, nameof(dy), "[batch, 1 + patches, hidden]");
        ShapeCheck.EmptyOrHolds(patchGradient, (long)batch * patches * hidden, nameof(patchGradient), "[batch, patches, hidden]");
        ShapeCheck.EmptyOrHolds(classGradient, hidden, nameof(classGradient), "[hidden]");
        ShapeCheck.EmptyOrHolds(positionGradient, tokens * hidden, nameof(positionGradient), "[1 + patches, hidden]");
        if (batch == 0)
            return;
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new AssembleTokensBackwardCpu(
                dy, patchGradient, classGradient, positionGradient, new RowTasks(device, checked((int)tokens)), batch, patches, hidden));
            return;
        }
        device.Launch(
            new KernelConfig(checked((int)tokens), device.GroupSize),
            new Kernel(
                dy, device.OrEmpty(patchGradient), device.OrEmpty(classGradient), device.OrEmpty(positionGradient), batch, patches,
                hidden));
    }

    [Kernel]
    internal readonly struct Kernel(
        ArrayView<float> dy, ArrayView<float> patchGradient, ArrayView<float> classGradient, ArrayView<float> positionGradient,
        int batch, int patches, int hidden) : IDeviceKernel
    {
        public void Run()
        {
            var token = Grid.IdxX;
            for (var c = Group.IdxX; c < hidden; c += Group.DimX)
            {
                for (var image = 0; image < batch; image++)
                {
                    var gradient = dy[(((long)image * (patches + 1)) + token) * hidden + c];
                    if (positionGradient.Length > 0)
                        positionGradient[((long)token * hidden) + c] += gradient;
                    if (token > 0 && patchGradient.Length > 0)
                        patchGradient[((((long)image * patches) + token - 1) * hidden) + c] = gradient;
                    if (token == 0 && classGradient.Length > 0)
                        classGradient[c] += gradient;
                }
            }
        }
    }
}

internal readonly unsafe struct AssembleTokensBackwardCpu(
    ArrayView<float> dy, ArrayView<float> patchGradient, ArrayView<float> classGradient, ArrayView<float> positionGradient,
    RowTasks rows, int batch, int patches, int hidden) : IVectorOperator
{
    private readonly float* dy = Cpu.Pointer(dy), patchGradient = Cpu.Pointer(patchGradient);
    private readonly float* classGradient = Cpu.Pointer(classGradient), positionGradient = Cpu.Pointer(positionGradient);
    private readonly RowTasks rows = rows;
    private readonly int batch = batch, patches = patches, hidden = hidden;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var image = 0; image < batch; image++)
        {
            for (var token = rows.First(task); token < rows.End(task); token++)
            {
                var from = dy + ((((long)image * (patches + 1)) + token) * hidden);
                var position = positionGradient + ((long)token * hidden);
                if (positionGradient != null)
                    RowMath.Add<TVector>(position, from, position, hidden);
                if (token > 0 && patchGradient != null)
                    RowMath.Copy(from, patchGradient + ((((long)image * patches) + token - 1) * hidden), hidden);
                if (token == 0 && classGradient != null)
                    RowMath.Add<TVector>(classGradient, from, classGradient, hidden);
            }
        }
    }
}
