using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>CPU variant of <see cref="TokenEmbedding"/>: a few tokens per task.</summary>
internal unsafe struct TokenEmbeddingCpu : ICpuOperator
{
    public CpuPointer<int> Ids, Start;
    public CpuPointer<float> Table, PositionTable, Output;
    public RowTasks Rows;
    public int Tokens, Vocabulary, Positions, Hidden;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var id = Math.Clamp(((int*)Ids)[i], 0, Vocabulary - 1);
            var start = (int*)Start == null ? 0 : ((int*)Start)[i / Tokens];
            var word = (float*)Table + ((long)(id / 64) * Hidden * 64) + (id % 64);
            var position = (float*)PositionTable + ((long)Math.Clamp(start + (i % Tokens), 0, Positions - 1) * Hidden);
            var output = (float*)Output + ((long)i * Hidden);
            for (var c = 0; c < Hidden; c++)
                output[c] = word[(long)c * 64] + position[c];
        }
    }
}
