using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>CPU variant of <see cref="AssembleTokens"/>.</summary>
internal static class AssembleTokensCpu
{
    public static void Run(
        Device device, ArrayView<float> patchEmbeddings, ArrayView<float> classEmbedding, ArrayView<float> positions, ArrayView<float> y,
        RowTasks rows, int patches, int hidden)
    {
        switch (device.Vectors)
        {
            case CpuVectors.Avx512: device.Launch(Operator<Floats512>()); break;
            case CpuVectors.Avx2: device.Launch(Operator<Floats256>()); break;
            default: device.Launch(Operator<Floats128>()); break;
        }

        AssembleTokensOperator<TVector> Operator<TVector>()
            where TVector : unmanaged, IVector<TVector> => new(patchEmbeddings, classEmbedding, positions, y, rows, patches, hidden);
    }
}

/// <summary>A few tokens per task.</summary>
internal readonly unsafe struct AssembleTokensOperator<TVector>(
    ArrayView<float> patchEmbeddings, ArrayView<float> classEmbedding, ArrayView<float> positions, ArrayView<float> y,
    RowTasks rows, int patches, int hidden) : ICpuOperator
    where TVector : unmanaged, IVector<TVector>
{
    private readonly float* patchEmbeddings = Cpu.Pointer(patchEmbeddings), classEmbedding = Cpu.Pointer(classEmbedding);
    private readonly float* positions = Cpu.Pointer(positions), y = Cpu.Pointer(y);
    private readonly RowTasks rows = rows;
    private readonly int patches = patches, hidden = hidden;

    public int Tasks => rows.Tasks;

    public void Run(int task)
    {
        for (var i = rows.First(task); i < rows.End(task); i++)
        {
            var image = i / (patches + 1);
            var token = i % (patches + 1);
            var embedding = token == 0 ? classEmbedding : patchEmbeddings + ((((long)image * patches) + token - 1) * hidden);
            RowMath.Add<TVector>(embedding, positions + ((long)token * hidden), y + ((long)i * hidden), hidden);
        }
    }
}
