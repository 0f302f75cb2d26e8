using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

internal readonly unsafe struct AssembleTokensCpu(
    ArrayView<float> patchEmbeddings, ArrayView<float> classEmbedding, ArrayView<float> positions, ArrayView<float> y,
    RowTasks rows, int patches, int hidden) : IVectorOperator
{
    private readonly float* patchEmbeddings = Cpu.Pointer(patchEmbeddings), classEmbedding = Cpu.Pointer(classEmbedding);
    private readonly float* positions = Cpu.Pointer(positions), y = Cpu.Pointer(y);
    private readonly RowTasks rows = rows;
    private readonly int patches = patches, hidden = hidden;

    public int Tasks => rows.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
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
