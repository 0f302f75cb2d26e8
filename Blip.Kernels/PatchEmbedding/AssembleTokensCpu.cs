using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>CPU variant of <see cref="AssembleTokens"/>: a few tokens per task.</summary>
internal unsafe struct AssembleTokensCpu : ICpuOperator
{
    public float* PatchEmbeddings, ClassEmbedding, Positions, Y;
    public RowTasks Rows;
    public int Patches, Hidden;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var image = i / (Patches + 1);
            var token = i % (Patches + 1);
            var embedding = token == 0 ? ClassEmbedding : PatchEmbeddings + ((((long)image * Patches) + token - 1) * Hidden);
            RowMath.Add(embedding, Positions + ((long)token * Hidden), Y + ((long)i * Hidden), Hidden);
        }
    }
}
