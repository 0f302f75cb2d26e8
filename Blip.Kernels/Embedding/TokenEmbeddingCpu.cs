using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal unsafe struct TokenEmbeddingCpu<TStored, TFormat> : ICpuOperator
    where TStored : unmanaged
    where TFormat : struct, IWeightDType<TStored>
{
    public int* Ids, Start;
    public TStored* Table;
    public float* Scales, PositionTable, Output;
    public RowTasks Rows;
    public int Tokens, Vocabulary, Positions, Hidden;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var id = Math.Clamp(Ids[i], 0, Vocabulary - 1);
            var start = Start == null ? 0 : Start[i / Tokens];
            var panel = Table + ((long)(id / PackedWeights.PanelWidth) * TFormat.PanelLength(Hidden));
            var scale = Scales == null ? 1f : Scales[id];
            var position = PositionTable + ((long)Math.Clamp(start + (i % Tokens), 0, Positions - 1) * Hidden);
            var output = Output + ((long)i * Hidden);
            for (var c = 0; c < Hidden; c++)
                output[c] = (TFormat.Decode(panel[TFormat.Place(c, id % PackedWeights.PanelWidth)]) * scale) + position[c];
        }
    }
}
