using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>One group per row. Each round finds the first candidate after the previous one, so nothing is marked or sorted.</summary>
internal static class TopCandidatesPortable
{
    public static void Run(Device device, in TopCandidatesArgs args) =>
        device.Launch(new KernelConfig(args.Rows, device.GroupSize), new Kernel(new(device, args)));

    [Kernel]
    internal readonly struct Kernel(Data data) : IDeviceKernel
    {
        public void Run()
        {
            var values = SharedMemory.Allocate<float>(Device.MaxGroupSize);
            var tokens = SharedMemory.Allocate<int>(Device.MaxGroupSize);
            var row = (long)Grid.IdxX * data.Vocabulary;
            var running = data.Running[Grid.IdxX];
            var found = Candidate.Start;
            for (var i = 0; i < data.Count; i++)
            {
                var best = Candidate.None;
                for (var token = Group.IdxX; token < data.Vocabulary; token += Group.DimX)
                {
                    var candidate = new Candidate(Order(data, Sum(data.Scores[row + token], running), token), token);
                    if (found.Before(candidate) && candidate.Before(best))
                        best = candidate;
                }
                found = Candidate.First(best, values, tokens);
                if (Group.IdxX == 0)
                {
                    var place = (Grid.IdxX * data.Count) + i;
                    data.Orders[place] = found.Value;
                    data.Sums[place] = Sum(data.Scores[row + found.Index], running);
                    data.Tokens[place] = found.Index;
                }
            }
        }
    }

    // NaN has no order. Without it every token is a candidate, so there are always enough.
    private static float Sum(float score, float running)
    {
        var sum = score + running;
        return sum >= float.NegativeInfinity ? sum : float.NegativeInfinity;
    }

    private static float Order(in Data data, float sum, int token)
    {
        if (data.Sample == 0 || !(sum > float.NegativeInfinity))
            return sum;
        var image = Grid.IdxX / data.RowsPerImage;
        return sum + Philox.Gumbel(data.Seed, (ulong)data.Streams[image], Grid.IdxX % data.RowsPerImage, data.Lengths[Grid.IdxX], token);
    }

    internal readonly struct Data(Device device, in TopCandidatesArgs args)
    {
        public readonly ArrayView<float> Scores = args.Scores, Running = args.Running, Orders = args.Orders, Sums = args.Sums;
        public readonly ArrayView<int> Tokens = args.Tokens, Lengths = device.OrEmpty(args.Lengths);
        public readonly ArrayView<long> Streams = device.OrEmpty(args.Streams);
        public readonly int RowsPerImage = args.RowsPerImage, Vocabulary = args.Vocabulary, Count = args.Count, Sample = args.Sample
            ? 1
            : 0;
        public readonly ulong Seed = args.Seed;
    }
}
