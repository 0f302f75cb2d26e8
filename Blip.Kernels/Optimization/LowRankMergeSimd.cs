using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>A task has some inputs, whose outputs are contiguous within a panel.</summary>
internal readonly unsafe struct LowRankMergeSimd(in LowRankMergeArgs args, RowTasks inputs) : IVectorOperator
{
    private readonly float* before = Cpu.Pointer(args.Base.Float32), weights = Cpu.Pointer(args.Weights.Float32);
    private readonly ushort* rounded = args.Rounded is null ? null : Cpu.Pointer(args.Rounded.Bits16);
    private readonly float* down = Cpu.Pointer(args.Down), up = Cpu.Pointer(args.Up);
    private readonly RowTasks inputs = inputs;
    private readonly DType format = args.Rounded?.Format ?? DType.Float32;
    private readonly int inFeatures = args.Weights.InFeatures, outFeatures = args.OutFeatures, firstOutput = args.FirstOutput;
    private readonly int rank = args.Rank;
    private readonly float scale = args.Scale;

    public int Tasks => inputs.Tasks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var input = inputs.First(task); input < inputs.End(task); input++)
        {
            for (var output = 0; output < outFeatures;)
            {
                var lane = (firstOutput + output) % WeightPanel.Width;
                var count = Math.Min(WeightPanel.Width - lane, outFeatures - output);
                var place = ((long)(firstOutput + output - lane) * inFeatures) + ((long)input * WeightPanel.Width) + lane;
                Add<TVector>(input, output, place, count);
                if (rounded != null)
                    WeightPacking.Round(weights + place, rounded + place, count, format);
                output += count;
            }
        }
        WeightPacking.Finish();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Add<TVector>(int input, int output, long place, int count)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var i = 0; i < count; i += TVector.Count)
        {
            var sum = TVector.Create(0);
            for (var row = 0; row < rank; row++)
            {
                var factor = TVector.Create(down[((long)row * inFeatures) + input]);
                sum = TVector.MultiplyAdd(factor, TVector.Load(up + ((long)row * outFeatures) + output + i), sum);
            }
            var after = TVector.MultiplyAdd(sum, TVector.Create(scale), TVector.Load(before + place + i));
            VectorTail.Store(after, weights + place + i, count - i);
        }
    }
}
